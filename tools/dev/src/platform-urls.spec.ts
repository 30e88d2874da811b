import { describe, expect, it } from '@jest/globals';
import { VOICE_NAMESPACE } from '@parlance/contracts';
import { readSettings } from '@parlance/cli/machine/settings';
import { SOCKET_GATEWAYS } from '@parlance/gateway/websocket/socket-apis.gateway';
import { platformUrls } from './platform-urls.js';

describe('what `make up` says when it is up', () => {
  it('names every API that takes speech, with its address', () => {
    const text = platformUrls(readSettings());
    const paths = [...SOCKET_GATEWAYS.keys(), VOICE_NAMESPACE];
    expect(paths).toEqual(expect.arrayContaining(['/v1/listen', '/v1/learn', '/v1/stream', '/voice']));
    for (const path of paths) expect(text).toMatch(new RegExp(`(ws|http)s?://[^ /]+${path}\\b`));
    for (const name of ['parlance.voice.v1.Speech', 'Conversation/Converse', '/api/asyncapi.json'])
      expect(text).toContain(name);
  });

  it('names the address of the page', () => {
    const settings = readSettings();
    expect(platformUrls(settings)).toContain(
      `Studio      http://${settings.httpHost}:${settings.ports.http}/ `,
    );
  });
});
