import { describe, expect, it } from '@jest/globals';
import { gatewaySchema } from '../gateway.config.js';

const MAIL = {
  PARLANCE_SMTP_HOST: 'mail.example',
  PARLANCE_MAIL_FROM: 'no-reply@parlance.example',
  PARLANCE_MAIL_LINK_BASE: 'https://learn.example/',
};
const faultsOf = (environment: Readonly<Record<string, string>>) =>
  gatewaySchema
    .safeParse(environment)
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

describe('the configuration of mail', () => {
  it('is complete, or mail is not sent', () => {
    expect(gatewaySchema.parse({}).mail).toBeUndefined();
    expect(gatewaySchema.parse(MAIL).mail).toMatchObject({
      server: { host: 'mail.example', port: 587, tls: 'starttls' },
      linkBase: 'https://learn.example',
      mustVerify: false,
    });
    expect(faultsOf({ PARLANCE_SMTP_HOST: 'mail.example' })).toEqual([
      'PARLANCE_MAIL_FROM must be set with PARLANCE_SMTP_HOST',
      'PARLANCE_MAIL_LINK_BASE must be set with PARLANCE_SMTP_HOST',
    ]);
    expect(faultsOf({ PARLANCE_REQUIRE_VERIFIED_EMAIL: 'true' })).toEqual([
      'PARLANCE_REQUIRE_VERIFIED_EMAIL needs PARLANCE_SMTP_HOST',
    ]);
  });

  it.each([
    [
      'PARLANCE_SMTP_PASSWORD',
      'secret',
      'PARLANCE_SMTP_USER must be set together with PARLANCE_SMTP_PASSWORD',
    ],
    [
      'PARLANCE_MAIL_FROM_NAME',
      'Parlance\r\nBcc: all@example.com',
      'PARLANCE_MAIL_FROM_NAME must be one line',
    ],
    ['PARLANCE_SMTP_HOST', 'mail.example\r\n', 'PARLANCE_SMTP_HOST must be one line'],
  ])('refuses %s %j', (name, value, fault) => {
    expect(faultsOf({ ...MAIL, [name]: value })).toEqual([fault]);
  });
});
