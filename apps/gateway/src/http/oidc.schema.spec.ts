import { describe, expect, it } from '@jest/globals';
import { parseRequest } from './request-fields.js';
import { oidcSettingsSchema } from './oidc.schema.js';

const SETTINGS = {
  issuer: 'https://login.example',
  clientId: 'parlance',
  clientSecret: 'secret',
  domains: ['corp.example'],
};

describe('the settings of an OpenID provider', () => {
  it.each(['', 'no address', 'ftp://learn.example', 'http://learn.example', 'https://learn.example/#in'])(
    'are refused by name where %j is a redirect',
    (redirect) => {
      const settings = { ...SETTINGS, redirects: [redirect] };
      expect(() => parseRequest(oidcSettingsSchema, settings)).toThrow(/^redirects/);
    },
  );

  it('may send people back to https, and to this machine', () => {
    const redirects = ['https://learn.example/in', 'http://localhost:3000/in'];
    expect(parseRequest(oidcSettingsSchema, { ...SETTINGS, redirects })).toMatchObject({ redirects });
  });
});
