import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { flag } from '@parlance/config';
import { tenantSchema } from '@parlance/contracts';

/** Environment of the page that the gateway serves at `/`. */
export const studioEnv = {
  PARLANCE_STUDIO: flag(true),
  /** The organisation that the page signs people up and logs them in with; without it they name theirs. */
  PARLANCE_STUDIO_ORGANISATION: tenantSchema.optional(),
};
type StudioEnv = z.output<z.ZodObject<typeof studioEnv>> & {
  readonly PARLANCE_ACCOUNTS: boolean;
  readonly PARLANCE_SMTP_HOST?: string | undefined;
};

/** What the page is told of the installation; undefined where it is switched off. */
export const studioFrom = (env: StudioEnv) =>
  env.PARLANCE_STUDIO
    ? {
        /** Whether people have accounts; without them an API key opens the page's parts. */
        accounts: env.PARLANCE_ACCOUNTS,
        organisation: env.PARLANCE_STUDIO_ORGANISATION ?? null,
        /** Whether a sign-up is answered by a mail. */
        mail: env.PARLANCE_SMTP_HOST !== undefined,
      }
    : undefined;
export type StudioSettings = NonNullable<ReturnType<typeof studioFrom>>;

/** The folder of the page's files, which `npm run build` makes. */
export function studioFolder(): string {
  const found = createRequire(import.meta.url).resolve('@parlance/studio/package.json');
  return join(dirname(found), 'dist');
}
