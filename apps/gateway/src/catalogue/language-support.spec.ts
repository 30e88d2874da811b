import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { LanguageOfferRepository } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import type { VoicesService } from '../synthesis/voices.service.js';
import { LanguageSupports } from './language-support.service.js';
import type { LoadedModelsClient } from './loaded-models.client.js';

const away = () => Promise.reject(new AppError('upstream.unavailable', 'Away.'));

/** Over services that answer as told, and count how often they were asked. */
function supportsOver({
  recognised = async () => new Set(['en', 'de']),
  answered = async () => new Set(['en']),
  voices = async () => ({ voices: [{ language: 'en-US' }, { language: 'pt-BR' }, { language: 'x!' }] }),
}: {
  recognised?: () => Promise<ReadonlySet<string>>;
  answered?: () => Promise<ReadonlySet<string> | null>;
  voices?: () => Promise<object>;
} = {}) {
  const asked = { times: 0 };
  const models = {
    languages: () => {
      asked.times += 1;
      return recognised();
    },
  };
  const supports = new LanguageSupports(
    models as unknown as LoadedModelsClient,
    { list: voices } as unknown as VoicesService,
    { languagesOf: answered } as unknown as LanguageOfferRepository,
    silentLogger,
  );
  return { supports, asked };
}

describe('what an installation has for a language', () => {
  it('is what recognition, replies and voices say; scoring needs the first two', async () => {
    const support = await supportsOver().supports.load();
    expect(support('en')).toEqual({ recognition: true, reply: true, speech: true, scoring: true });
    expect(support('de')).toEqual({ recognition: true, reply: false, speech: false, scoring: false });
    expect(support('pt')).toEqual({ recognition: false, reply: false, speech: true, scoring: false });
    expect(support('constructor').speech).toBe(false);
  });

  it('is any language for replies where a language model is configured', async () => {
    const support = await supportsOver({ answered: async () => null }).supports.load();
    expect(support('de')).toMatchObject({ reply: true, scoring: true });
    expect(support('fi')).toMatchObject({ recognition: false, reply: true, scoring: false });
  });

  it('is not known of a service that cannot be asked, and of what needs it', async () => {
    const support = await supportsOver({ recognised: away, voices: away }).supports.load();
    expect(support('en')).toEqual({ recognition: null, reply: true, speech: null, scoring: null });
    expect(support('de')).toMatchObject({ reply: false, scoring: false });
    const none = await supportsOver({ answered: away }).supports.load();
    expect(none('en')).toMatchObject({ recognition: true, reply: null, scoring: null });
  });

  it('is asked for once by many, and again after ten seconds', async () => {
    const { supports, asked } = supportsOver();
    await Promise.all(Array.from({ length: 50 }, () => supports.load(1_000)));
    await supports.load(10_999);
    expect(asked.times).toBe(1);
    await supports.load(11_000);
    expect(asked.times).toBe(2);
  });
});
