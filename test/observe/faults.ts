import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsConnection } from '@parlance/messaging';
import { BREAKAGES, copyCompiled } from '../support/broken-models.js';
import type { GroqServer } from '../support/groq.js';
import type { HeapInspector } from '../support/heap-inspector.js';
import { ListenClient } from '../support/listen-client.js';
import { writeCountingModel } from '../support/model-folder.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { silentLogger } from '../support/silent-logger.js';
import type { ServiceProcess } from '../support/service-process.js';
import { converse, dictate, LONG_RECORDING, transcribe } from './load.js';
import type { WatchedPlatform } from './watched-platform.js';

/** Live streams that the platform of this suite takes on. */
export const MOST_STREAMS = 4;

/** Puts right what a fault has broken. */
type Mend = () => Promise<void> | void;
export type Fault = (watched: WatchedPlatform) => Promise<Mend>;

/** After which a breaker of this suite's language model lets a call through. */
export const HALF_OPEN_MS = 10_000;
const SPARE_MODEL = 'whisper-spare';
const COUNTING_MODEL = 'counting';
/** Rounds of the counting model: some ten seconds, then the thread that was left behind ends. */
const ENDLESS = 20_000_000;
const HANGING_RUNS = 4;
const COMPILED = join(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE, MODEL_ENVIRONMENT.PARLANCE_DEFAULT_MODEL);
export const modelCache = (folder: string): string => join(folder, 'models');
export const ownModels = (folder: string): string => join(folder, 'own');
const SILENCE = Buffer.alloc(3_200);

/** Has a process run a part of the time only, as a limit of processor time does. @returns what ends it */
function throttle(process: ServiceProcess, { stopMs, runMs }: { stopMs: number; runMs: number }): Mend {
  let goesOn = true;
  const ended = (async () => {
    while (goesOn) {
      process.freeze();
      await sleep(stopMs);
      process.thaw();
      await sleep(runMs);
    }
  })();
  return () => {
    goesOn = false;
    return ended;
  };
}

export const inferenceIsGone: Fault = async ({ platform }) => {
  await platform.kill('inference');
  await transcribe(platform, 110, 20);
  return async () => {
    await platform.restart('inference');
    await transcribe(platform, 20);
  };
};

export const languageModelIsSlow =
  (groq: () => GroqServer): Fault =>
  async ({ platform }) => {
    groq().delayMs = () => 2_800;
    await converse(platform, { turns: 256, people: 16 });
    groq().delayMs = () => 0;
    return () => converse(platform, { turns: 64, people: 16 });
  };

export const languageModelIsDown =
  (groq: () => GroqServer): Fault =>
  async ({ platform }) => {
    groq().downModels.add('large');
    await converse(platform, { turns: 60, people: 1 });
    return async () => {
      groq().downModels.clear();
      // Until the breaker lets one call through.
      await sleep(HALF_OPEN_MS + 1_000);
      await converse(platform, { turns: 10, people: 1 });
    };
  };

/** More recordings come than are recognised meanwhile. */
export const recordingsQueue: Fault = async ({ platform }) => {
  await transcribe(platform, 120, 8, { recording: LONG_RECORDING });
  return () => undefined;
};

export const processorsAreScarce: Fault = async ({ platform }) => {
  const mend = throttle(platform.service('inference'), { stopMs: 200, runMs: 40 });
  await dictate(platform, 112, MOST_STREAMS);
  return async () => {
    await mend();
    await dictate(platform, 60, MOST_STREAMS);
  };
};

/** As many streams as there is capacity for, and others that are refused. */
export const streamsFillTheCapacity: Fault = async ({ platform: { gateway } }) => {
  const clients = await Promise.all(
    Array.from({ length: MOST_STREAMS }, () => ListenClient.open(gateway.url)),
  );
  const speaking = setInterval(() => clients.forEach((client) => client.socket.send(SILENCE)), 100);
  const knocking = setInterval(
    () =>
      void ListenClient.open(gateway.url).then(
        (client) => client.socket.send(SILENCE),
        () => undefined,
      ),
    400,
  );
  return async () => {
    clearInterval(knocking);
    clearInterval(speaking);
    for (const client of clients) client.control('CloseStream');
    await Promise.all(clients.map((client) => client.closed));
  };
};

/** A model that is asked for is broken on the disk, until its files are brought anew. */
export const modelIsBroken: Fault = async ({ platform, folder }) => {
  await transcribe(platform, 1, 1, { model: SPARE_MODEL });
  return async () => {
    copyCompiled(COMPILED, join(modelCache(folder), SPARE_MODEL));
    await platform.gateway.fetch(`/v2/repository/models/${SPARE_MODEL}/load`, { method: 'POST' });
  };
};

/** Prepares the models that inference is started with: the default one, one that is broken, and one whose runs last as long as asked for. */
export function prepareModels(folder: string): void {
  for (const model of [MODEL_ENVIRONMENT.PARLANCE_DEFAULT_MODEL, SPARE_MODEL])
    copyCompiled(COMPILED, join(modelCache(folder), model));
  writeCountingModel(ownModels(folder), COUNTING_MODEL);
  BREAKAGES['weights cut off']!(join(modelCache(folder), SPARE_MODEL));
}

/** Each run of a model lasts longer than the limit of runs. */
export const workersHang: Fault = async ({ platform: { gateway } }) => {
  const count = (rounds: number): Promise<Response> => {
    const inputs = [{ name: 'rounds', datatype: 'INT64', shape: [1], data: [rounds] }];
    const headers = { 'content-type': 'application/json' };
    const path = `/v2/models/${COUNTING_MODEL}/infer`;
    return gateway.fetch(path, { method: 'POST', headers, body: JSON.stringify({ inputs }) });
  };
  const answer = await count(10);
  if (!answer.ok) throw new Error(`the model is not served: ${await answer.text()}`);
  for (let run = 0; run < HANGING_RUNS; run += 1) await (await count(ENDLESS)).arrayBuffer();
  return () => undefined;
};

/** Work that nobody can read. */
export const workIsSpoilt: Fault = async ({ platform }) => {
  const bus = await NatsConnection.open({ natsUrl: platform.nats.url, name: 'faults' }, silentLogger);
  await bus.jetStream.publish('parlance.turn.transcribed', new TextEncoder().encode('{"not":"a turn"}'));
  await bus.close();
  return () => undefined;
};

export const conversationIsGone: Fault = async ({ platform }) => {
  await platform.kill('conversation');
  await converse(platform, { turns: 120, people: 12, waits: false });
  return () => platform.restart('conversation');
};

/** The certificate of the gateway is valid for three days, until it is renewed. */
export const certificateIsOld: Fault = async (watched) => {
  const files = { cert: join(watched.folder, 'tls.pem'), key: join(watched.folder, 'tls.key') };
  const sign = (days: number): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key];
    const subject = ['-subj', '/CN=localhost', '-days', String(days), '-out', files.cert];
    execFileSync('openssl', ['req', '-x509', ...key, ...subject], { stdio: 'ignore' });
  };
  sign(3);
  const gateway = await watched.platform.startGateway({
    PARLANCE_TLS_CERT: files.cert,
    PARLANCE_TLS_KEY: files.key,
    PARLANCE_TLS_RELOAD_MS: '1000',
  });
  watched.addPod('gateway-tls', gateway.process.opsUrl);
  return () => sign(90);
};

export const processFails =
  (inspector: () => HeapInspector): Fault =>
  async ({ platform }) => {
    await inspector().evaluate('setTimeout(() => { throw new Error("a scripted fault") })');
    inspector().close();
    await sleep(5_000);
    await platform.restart('tts');
    return () => undefined;
  };
