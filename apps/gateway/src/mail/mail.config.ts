import { z } from 'zod';
import { flag, integer, milliseconds, port } from '@parlance/config';

/** A header cannot be ended by what stands in it. */
const oneLine = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line');

/** Environment of mail to people with accounts. */
export const mailEnv = {
  /** Host of the server that mail is handed to (SMTP); without it no mail is sent. */
  PARLANCE_SMTP_HOST: oneLine.optional(),
  PARLANCE_SMTP_PORT: port(587),
  /** `starttls`: TLS is insisted on before anything is told; `tls`: from the first byte (usually port 465); `none`: for a server on this machine. */
  PARLANCE_SMTP_TLS: z.enum(['starttls', 'tls', 'none']).default('starttls'),
  PARLANCE_SMTP_USER: z.string().min(1).optional(),
  PARLANCE_SMTP_PASSWORD: z.string().min(1).optional(),
  /** Of one attempt to hand a mail over. */
  PARLANCE_SMTP_LIMIT_MS: integer(15_000, { min: 100, max: 120_000 }),
  /** Who mails are from: an address, and a name that people read. */
  PARLANCE_MAIL_FROM: z.email().max(254).optional(),
  PARLANCE_MAIL_FROM_NAME: oneLine.default('Parlance'),
  /** The front end's address, which links in mails begin with. */
  PARLANCE_MAIL_LINK_BASE: z.url({ protocol: /^https?$/ }).optional(),
  /** How often a mail is tried, and the pause before the second attempt; each further one is twice as long, up to an hour. */
  PARLANCE_MAIL_ATTEMPTS: integer(30, { min: 1, max: 1_000 }),
  PARLANCE_MAIL_RETRY_MS: integer(5_000, { min: 10, max: 3_600_000 }),
  /** How often a replica looks for mails that are due. */
  PARLANCE_MAIL_POLL_MS: milliseconds(1_000),
  /** Log-ins wait until the address is verified. */
  PARLANCE_REQUIRE_VERIFIED_EMAIL: flag(false),
  /** Mails to one address within a quarter of an hour. */
  PARLANCE_MAILS_BY_ACCOUNT: integer(5, { min: 1, max: 1_000 }),
};
type MailEnv = z.output<z.ZodObject<typeof mailEnv>>;

/** Refuses mail that could not be sent, and a wait for mails that nobody sends. */
export function refuseHalfAMail(env: MailEnv, context: z.RefinementCtx): void {
  const refuse = (name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (env.PARLANCE_SMTP_HOST === undefined) {
    if (env.PARLANCE_REQUIRE_VERIFIED_EMAIL)
      refuse('PARLANCE_REQUIRE_VERIFIED_EMAIL', 'needs PARLANCE_SMTP_HOST');
    return;
  }
  for (const name of ['PARLANCE_MAIL_FROM', 'PARLANCE_MAIL_LINK_BASE'] as const)
    if (env[name] === undefined) refuse(name, 'must be set with PARLANCE_SMTP_HOST');
  if ((env.PARLANCE_SMTP_USER === undefined) !== (env.PARLANCE_SMTP_PASSWORD === undefined))
    refuse('PARLANCE_SMTP_USER', 'must be set together with PARLANCE_SMTP_PASSWORD');
}

/** Undefined where no mail is sent. */
export const mailFrom = (env: MailEnv) =>
  env.PARLANCE_SMTP_HOST === undefined
    ? undefined
    : {
        server: {
          host: env.PARLANCE_SMTP_HOST,
          port: env.PARLANCE_SMTP_PORT,
          tls: env.PARLANCE_SMTP_TLS,
          user: env.PARLANCE_SMTP_USER,
          password: env.PARLANCE_SMTP_PASSWORD,
          limitMs: env.PARLANCE_SMTP_LIMIT_MS,
        },
        from: { name: env.PARLANCE_MAIL_FROM_NAME, address: env.PARLANCE_MAIL_FROM ?? '' },
        linkBase: (env.PARLANCE_MAIL_LINK_BASE ?? '').replace(/\/+$/, ''),
        attempts: env.PARLANCE_MAIL_ATTEMPTS,
        retryMs: env.PARLANCE_MAIL_RETRY_MS,
        pollMs: env.PARLANCE_MAIL_POLL_MS,
        mustVerify: env.PARLANCE_REQUIRE_VERIFIED_EMAIL,
        byAccount: env.PARLANCE_MAILS_BY_ACCOUNT,
      };
export type MailConfig = NonNullable<ReturnType<typeof mailFrom>>;
