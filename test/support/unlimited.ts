import type { Quotas } from '@parlance/gateway/quotas/quotas.service';
import type { StoredBytes } from '@parlance/gateway/recordings/stored-bytes.service';

/** Quotas that let everything through, for tests of what stands behind them. */
export function unlimited(): Quotas {
  const quotas: Pick<Quotas, 'admit' | 'count' | 'openAudio' | 'require' | 'states'> = {
    admit: async () => () => undefined,
    count: () => undefined,
    openAudio: async () => ({ add: () => undefined }),
    require: async () => [],
    states: async () => [],
  };
  return quotas as Quotas;
}

/** Counts nothing. */
export const uncountedBytes = {
  added: async () => undefined,
  removed: async () => undefined,
} as unknown as StoredBytes;
