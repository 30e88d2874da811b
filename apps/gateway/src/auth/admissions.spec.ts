import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import type { Quotas } from '../quotas/quotas.service.js';
import { Admissions } from './admissions.service.js';

/** Admissions by limits that hold nobody back. @param answer  of the store to whether somebody was erased */
function admissions(answer: () => Promise<void>) {
  const admitted: QuotaSubject[] = [];
  let open = 0;
  const admit = async (subject: QuotaSubject) => {
    admitted.push(subject);
    open += 1;
    return () => void (open -= 1);
  };
  let asked = 0;
  const refuseErased = () => {
    asked += 1;
    return answer();
  };
  const service = new Admissions(
    { admit } as unknown as Quotas,
    { refuseErased } as unknown as LearnerPrivacy,
  );
  return { service, admitted, open: () => open, asked: () => asked };
}
const ADA = { tenant: 'acme', user: 'ada', key: 'k' };

describe('a call in the name of a learner', () => {
  it('who was erased is refused, and counted for the tenant and the key alone', async () => {
    const erased = new AppError('learner.erased', 'erased');
    const { service, admitted, open } = admissions(() => Promise.reject(erased));
    await expect(service.admit(ADA, 'stream')).rejects.toBe(erased);
    expect([admitted, open()]).toEqual([[{ tenant: 'acme', key: 'k', user: undefined }], 0]);
  });

  it('who was not is let in, and so is everybody while the store does not tell', async () => {
    const away = new AppError('store.unavailable', 'away');
    for (const answer of [
      async () => undefined,
      () => Promise.reject(away),
      () => new Promise<void>(() => undefined),
    ]) {
      const { service, admitted, open } = admissions(answer);
      await service.admit(ADA, 'request');
      expect([admitted, open()]).toEqual([[ADA], 1]);
    }
  });

  it('is looked up for nobody where it names no learner', async () => {
    const { service, asked } = admissions(async () => undefined);
    await service.admit({ tenant: 'acme', key: 'k' }, 'request');
    expect(asked()).toBe(0);
  });
});
