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

/** One socket of /v1/listen: odd parameters, then frames; at the end it is closed, or left. */
export function websocketRequest(random: SeededRandom): SoakRequest {
  const query = new URLSearchParams(
    random
      .some(PARAMETERS, 1)
      .map((name): [string, string] => [name, hostileText(random).toWellFormed().slice(0, 4_000)]),
  );
  const frames = Array.from({ length: random.int(0, 6) }, () => frameOf(random));
  const ending = random.pick(['close', 'close', 'close', 'leave', 'half'] as const);
  return {
    title: `WebSocket /v1/listen?${query.toString().slice(0, 60)}, ${frames.length} frames, then ${ending}`,
    api: 'websocket',
    send: (targets) => listen(targets, query, frames, ending),
  };
}

type Frame = Buffer | string;

function frameOf(random: SeededRandom): Frame {
  return random.pick<() => Frame>([
    () => hostileAudio(random),
    () => random.bytes(random.int(0, 3_000)),
    () => random.bytes(1),
    () => JSON.stringify({ type: random.pick(['Finalize', 'KeepAlive', 'CloseStream', 'Configure', '']) }),
    () => JSON.stringify(hostileJson(random)),
    () => hostileText(random),
  ])();
}

function listen(
  { url, key }: Targets,
  query: URLSearchParams,
  frames: readonly Frame[],
  ending: 'close' | 'leave' | 'half',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/listen?${query}`, {
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
      if (ending === 'close') socket.send(JSON.stringify({ type: 'CloseStream' }));
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
