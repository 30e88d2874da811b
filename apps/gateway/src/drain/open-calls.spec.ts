import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { OpenCalls } from './open-calls.service.js';

describe('what is open when a drain begins', () => {
  it('is asked to end, and cut after the limit; nothing new is taken', async () => {
    const calls = new OpenCalls(silentLogger);
    const told: string[] = [];
    const leave = calls.add({ drain: () => leave(), cut: () => told.push('cut of the willing') });
    calls.add({
      drain: () => {
        throw new Error('cannot');
      },
      cut: () => told.push('cut of the faulty'),
    });
    const release = calls.add({
      drain: () => told.push('drain'),
      cut: () => {
        told.push('cut');
        release();
      },
    });
    const drained = calls.drain(50);
    expect(() => calls.add({ drain: () => undefined, cut: () => undefined })).toThrow(
      expect.objectContaining({ code: 'service.draining' }),
    );
    await drained;
    expect(told).toEqual(['drain', 'cut of the faulty', 'cut']);
  });
});
