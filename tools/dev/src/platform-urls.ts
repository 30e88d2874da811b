import type { Settings } from '@parlance/cli/machine/settings';
import { certificatePaths } from './local-authority.js';
import { certificateFolder, gatewayUrl, usesTls } from './platform-processes.js';

/** Where a platform that is up can be reached, for a person at a terminal. */
export function platformUrls(settings: Settings): string {
  const base = gatewayUrl(settings);
  const ops = `http://127.0.0.1:${settings.ports.gatewayOps}`;
  const sockets = base.replace('http', 'ws');
  const authority = usesTls(settings)
    ? `\n  Authority   ${certificatePaths(certificateFolder(settings)).ca}  (curl --cacert, NODE_EXTRA_CA_CERTS)`
    : '';
  return `
Parlance is up.
  Studio      ${base}/  sign up, allow the microphone, and talk
  HTTP        ${base}/v1/audio/transcriptions, /v1/audio/speech, /v1/models, /api/v1/turns, /api/v1/voice
  WebSocket   ${sockets}/v1/listen, ${sockets}/v1/learn, ${sockets}/v1/stream, ${sockets}/v1/realtime, ${sockets}/v1/speak
  Socket.IO   ${base}/voice
  gRPC        ${settings.grpcHost}:${settings.ports.grpc}  parlance.voice.v1.Speech, parlance.voice.v1.Conversation/Converse
  API docs    ${ops}/api/docs, ${base}/api/asyncapi.json
  Health      ${ops}/readyz   Metrics ${ops}/metrics
  API key     .cache/dev-key${authority}
  Logs        ${settings.logs}/*.log
`;
}
