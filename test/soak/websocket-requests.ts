import WebSocket from 'ws';
import { hostileAudio, hostileJson, hostileText } from './hostile-values.js';
import type { SeededRandom } from './seeded-random.js';
import type { Answer, SoakRequest, Targets } from './soak-request.js';

const CLOSE_LIMIT_MS = 30_000;
const PARAMETERS = [
  ...[
    'encoding',
    'sample_rate',
    'channels',
    'model',
    'language',
    'languages',
    'prompt',
    'task',
    'interim_results',
  ],
  ...[
    'endpointing',
    'max_utterance',
    'vad_threshold',
    'converse',
    'session',
    'after',
    'speak',
    'voice',
    'audio',
  ],
  ...['beam_size', 'temperatures', 'hotwords', 'seed', 'punctuate', 'smart_format'],
];

const LEARN_TYPES = [
  ...['start_session', 'audio', 'end_session', 'get_teaching_modes', 'get_languages', 'get_scenarios'],
  ...['get_status', 'dance', '__proto__', ''],
];
const LEARN_FIELDS = [
  ...['user_external_id', 'mother_language', 'target_language', 'user_level', 'teaching_mode', 'scenario_id'],
  ...['data', 'shoe_size'],
];
const REALTIME_TYPES = [
  ...['session.update', 'input_audio_buffer.append', 'input_audio_buffer.commit', 'input_audio_buffer.clear'],
  ...['conversation.item.create', 'conversation.item.truncate', 'conversation.item.delete'],
  ...['response.create', 'response.cancel', 'dance'],
];
const REALTIME_FIELDS = [
  'session',
  'audio',
  'item',
  'item_id',
  'audio_end_ms',
  'response',
  'event_id',
  'shoe_size',
];
const LEARN_START = JSON.stringify({ type: 'start_session', user_external_id: 'soak' });

/** One socket of a WebSocket API: odd parameters, then frames; at the end it is closed, or left. */
export function websocketRequest(random: SeededRandom): SoakRequest {
  return random.pick([
    listenRequest,
    listenRequest,
    learnRequest,
    streamRequest,
    realtimeRequest,
    speakRequest,
  ])(random);
}

function listenRequest(random: SeededRandom): SoakRequest {
  const query = new URLSearchParams(
    random
      .some(PARAMETERS, 1)
      .map((name): [string, string] => [name, hostileText(random).toWellFormed().slice(0, 4_000)]),
  );
  const kinds = ['Finalize', 'KeepAlive', 'CloseStream', 'Configure', ''];
  const frames = framesOf(random, () => JSON.stringify({ type: random.pick(kinds) }));
  return request(random, `/v1/listen?${query}`, frames, JSON.stringify({ type: 'CloseStream' }));
}

/** Its sockets stay open after a session: the client closes them. */
function learnRequest(random: SeededRandom): SoakRequest {
  const frames = framesOf(random, () =>
    JSON.stringify({
      type: random.pick(LEARN_TYPES),
      ...Object.fromEntries(
        random
          .some(LEARN_FIELDS, 2)
          .map((name) => [name, hostileText(random).toWellFormed().slice(0, 4_000)]),
      ),
    }),
  );
  return request(random, '/v1/learn', random.chance(0.5) ? [LEARN_START, ...frames] : frames, undefined);
}

function streamRequest(random: SeededRandom): SoakRequest {
  const frames = framesOf(random, () => JSON.stringify({ type: random.pick(['end', 'End', '']) }));
  const title = '/v1/stream';
  const isKnown = random.chance(0.7);
  return request(
    random,
    title,
    frames,
    JSON.stringify({ type: 'end' }),
    isKnown ? undefined : hostileText(random),
  );
}

/** Its sockets stay open until the client closes them. */
function realtimeRequest(random: SeededRandom): SoakRequest {
  const model = encodeURIComponent(hostileText(random).toWellFormed().slice(0, 200));
  const query = random.pick(['intent=transcription', 'model=gpt-realtime', `model=${model}`]);
  const frames = framesOf(random, () =>
    JSON.stringify({
      type: random.pick(REALTIME_TYPES),
      ...Object.fromEntries(random.some(REALTIME_FIELDS, 2).map((name) => [name, hostileJson(random)])),
    }),
  );
  return request(random, `/v1/realtime?${query}`, frames, undefined);
}

function speakRequest(random: SeededRandom): SoakRequest {
  const frames = framesOf(random, () =>
    JSON.stringify({
      type: random.pick(['Speak', 'Speak', 'Flush', 'Clear', '']),
      text: hostileText(random),
    }),
  );
  return request(random, '/v1/speak', frames, JSON.stringify({ type: 'Close' }));
}

/** @param closing  asks the server to close; undefined: the client closes
 *  @param token  the first message of /v1/stream, where it is not the key */
function request(
  random: SeededRandom,
  path: string,
  frames: readonly Frame[],
  closing: string | undefined,
  token?: string,
): SoakRequest {
  const ending = random.pick(['close', 'close', 'close', 'leave', 'half'] as const);
  return {
    title: `WebSocket ${path.slice(0, 80)}, ${frames.length} frames, then ${ending}`,
    api: 'websocket',
    send: (targets) => {
      const isToldFirst = path === '/v1/stream';
      const sent = isToldFirst ? [token ?? targets.key, ...frames] : frames;
      return play(
        targets,
        path,
        sent,
        ending === 'close' && closing === undefined ? 'half' : ending,
        closing,
      );
    },
  };
}

function framesOf(random: SeededRandom, control: () => string): Frame[] {
  return Array.from({ length: random.int(0, 6) }, () => frameOf(random, control));
}

type Frame = Buffer | string;

function frameOf(random: SeededRandom, control: () => string): Frame {
  return random.pick<() => Frame>([
    () => hostileAudio(random),
    () => random.bytes(random.int(0, 3_000)),
    () => random.bytes(1),
    control,
    () => JSON.stringify(hostileJson(random)),
    () => hostileText(random),
  ])();
}

function play(
  { url, key }: Targets,
  path: string,
  frames: readonly Frame[],
  ending: 'close' | 'leave' | 'half',
  closing = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, {
      headers: { authorization: `Token ${key}` },
    });
    const received: string[] = [];
    let isLeft = false;
    const late = setTimeout(() => {
      socket.terminate();
      reject(new Error(`the socket was not closed within ${CLOSE_LIMIT_MS} ms`));
    }, CLOSE_LIMIT_MS);
    const resolveOnce = (answer: Answer): void => {
      clearTimeout(late);
      resolve(answer);
    };
    socket.on('open', () => {
      for (const frame of frames) socket.send(frame);
      if (ending === 'close') socket.send(closing);
      else if (ending === 'half') socket.close(1000);
      else setTimeout(() => ((isLeft = true), socket.terminate()), 50);
    });
    socket.on('message', (data: Buffer, isBinary) => void (isBinary || received.push(data.toString())));
    // A fault of the connection shows in its close code.
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      void response.toArray().then((parts: Buffer[]) => {
        const text = Buffer.concat(parts).toString();
        resolveOnce({ status: response.statusCode === 503 ? 4503 : 4400, code: codeOf([text]), text });
      }, reject);
    });
    socket.on('close', (code, reason) => {
      const text = [...received, reason.toString()].join('\n');
      resolveOnce({ status: isLeft ? undefined : code, code: codeOf(received), text });
    });
  });
}

/** The code of the last fault that was told. */
function codeOf(events: readonly string[]): string | undefined {
  const faults = events.flatMap((event) => {
    try {
      return (JSON.parse(event) as { error?: { code?: string } }).error?.code ?? [];
    } catch {
      return [];
    }
  });
  return faults.at(-1);
}
