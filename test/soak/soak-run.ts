import { setTimeout as delay } from 'node:timers/promises';
import { grpcRequest } from './grpc-requests.js';
import { httpRequest } from './http-requests.js';
import { SeededRandom } from './seeded-random.js';
import { faultOf, type SoakRequest, type Targets } from './soak-request.js';
import { websocketRequest } from './websocket-requests.js';

const PROCESS_END_MS = 200;

export interface SoakOptions {
  readonly targets: Targets;
  readonly seed: number;
  /** Which requests, by number. */
  readonly indices: readonly number[];
  readonly concurrency: number;
  /** Names a process that has ended, and what it said last; the run then stops. */
  readonly endedProcess: () => string | undefined;
}

/** The request of a number: the same for the same seed, whichever are sent before it. */
export function soakRequest(seed: number, index: number): SoakRequest {
  const random = new SeededRandom(seed, index);
  const make = random.pick([httpRequest, httpRequest, websocketRequest, grpcRequest, grpcRequest]);
  return make(random);
}

/** Sends the requests, some side by side.
 *  @returns what was wrong, a line each, with what sends the same request again */
export async function soak(options: SoakOptions): Promise<string[]> {
  const { targets, seed, indices, concurrency, endedProcess } = options;
  const faults: string[] = [];
  const inFlight = new Map<number, string>();
  const left = [...indices];
  let isStopped = false;
  const label = (index: number, title: string): string =>
    `PARLANCE_SOAK_SEED=${seed} PARLANCE_SOAK_ONLY=${index}: ${title}`;
  const sendAll = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const request = soakRequest(seed, index);
      inFlight.set(index, request.title);
      const fault = await request.send(targets).then(
        (answer) => faultOf(request, answer),
        (error: Error) => error.message,
      );
      // A connection breaks a moment before its process is known to have ended.
      if (fault !== undefined) await delay(PROCESS_END_MS);
      const ended = endedProcess();
      if (ended !== undefined && !isStopped) {
        isStopped = true;
        left.length = 0;
        const sent = [...inFlight].map(([at, title]) => label(at, title));
        faults.push(`the process ended: ${ended}\nOn their way were\n  ${sent.join('\n  ')}`);
      }
      inFlight.delete(index);
      if (fault !== undefined && !isStopped) faults.push(`${label(index, request.title)}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendAll));
  return faults;
}
