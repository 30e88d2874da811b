import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of .proto files: beside `dist` in an image, at the repository's root in development. Only servers and clients of gRPC
 *  need it; this package may be installed without. */
export function protoRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'proto');
    if (existsSync(join(candidate, 'parlance/voice/v1/speech.proto'))) return candidate;
    if (dirname(folder) === folder) throw new Error('The proto folder is not beside this installation.');
  }
}

/** Proto packages, the file each lives in, and its services' full names. */
export const PROTOCOLS = {
  voice: { package: 'parlance.voice.v1', file: 'parlance/voice/v1/speech.proto', service: 'Speech' },
  conversation: {
    package: 'parlance.voice.v1',
    file: 'parlance/voice/v1/conversation.proto',
    service: 'Conversation',
  },
  tts: { package: 'parlance.tts.v1', file: 'parlance/tts/v1/synthesis.proto', service: 'Synthesis' },
  signs: { package: 'parlance.signs.v1', file: 'parlance/signs/v1/signs.proto', service: 'Signs' },
  inference: {
    package: 'inference',
    file: 'inference/grpc_predict_v2.proto',
    service: 'GRPCInferenceService',
  },
  health: { package: 'grpc.health.v1', file: 'grpc/health/v1/health.proto', service: 'Health' },
} as const;
export type ProtocolName = keyof typeof PROTOCOLS;

/** The one way messages look in code; the generated types assume it. */
export function protoLoaderOptions() {
  return {
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
    keepCase: false,
    includeDirs: [protoRoot()],
  };
}
