import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SessionRepository, StoreConnection, TurnRepository } from '@parlance/persistence';
import { ALLOCATOR, NODE_FLAGS } from '../../tools/dev/src/pod-memory.js';
import { DocumentStoreServer } from '../support/mongo.js';
import { Platform } from '../support/platform.js';
import { silentLogger } from '../support/silent-logger.js';
import { seededRandom, type Random } from './api/generated-text.js';
import { generatedIds, generateTurns, type GeneratedTurns } from './api/generated-turns.js';
import { openRequest, requestKinds, sendAtRate } from './api/request-kinds.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { cpuSeconds, residentMiB, watchGrowth } from './process-figures.js';
import { limitRow, medianOf, ratioRow } from './ratios.js';

/** `npm run bench:api`: how long the REST API takes at 200 requests a second over many turns in the embedded store, what a page costs at
 *  any depth, and the gateway's memory. */
const TURNS = Number(process.env.PARLANCE_BENCH_TURNS || 1_000_000);
const SECONDS = Number(process.env.PARLANCE_BENCH_SECONDS || 600);
/** As the chart installs. */
const GATEWAYS = 2;
/** Both virtual machines compile what is called often: on two processors that they share with it, for more than a minute. */
const WARM_UP_SECONDS = 120;
const PAGES = 100;
const ACTIVE_SESSIONS = 50;
const HEAP_MIB = 2_048;
/** A file system in memory, where there is one: machines that page out what their cache of files has not used of late would have the store
 *  wait for the disk, which is not what is measured. */
const MEMORY = '/dev/shm';
/** Of the store's file, for each turn. */
const TURN_BYTES = 6_000;
const LIMITS = { reads: 30, writes: 60, search: 150 } as const;

const context = benchContext(1);
const { say } = context;
const { PARLANCE_BENCH_STORE: kept, MONGODB_URI: named } = process.env;
const folder = kept || (named ? undefined : temporaryFolder());
if (folder) mkdirSync(folder, { recursive: true });
say(folder ? `the store's file is in ${folder}` : 'the store is the one that MONGODB_URI names');
if (folder && !kept) {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
}
const { store, ids } = await filledStore(folder);
const platform = await Platform.start({
  services: ['conversation'],
  gateways: GATEWAYS,
  documents: store,
  gateway: {
    // Memory is used as in its image, which may have 512 MiB.
    ...ALLOCATOR,
    ...{ NODE_ENV: 'production', NODE_OPTIONS: [...NODE_FLAGS, '--max-old-space-size=256'].join(' ') },
    ...{ PARLANCE_TENANT_CONCURRENCY: '400', PARLANCE_WAIT_FOR_PODS_MS: '1' },
  },
});
try {
  const urls = platform.gateways.map(({ url }) => url);
  const gatewayPids = platform.gateways.map(({ process }) => process.pid);
  const random = seededRandom(7);
  const kinds = requestKinds(ids, await openSessions(random), random);
  const send = (seconds: number) => Promise.all(kinds.map((kind) => sendAtRate(urls, kind, seconds, random)));
  await send(WARM_UP_SECONDS);
  const memories = gatewayPids.map((pid) => watchGrowth(pid));
  // A store that MONGODB_URI names runs elsewhere.
  const processes = [
    ...gatewayPids.map((pid) => ({ name: 'gateway', pid })),
    ...(store.pid ? [{ name: 'store', pid: store.pid }] : []),
  ].map((one) => ({ ...one, before: cpuSeconds(one.pid) }));
  const figures = await send(SECONDS);
  const memory = memories.map((one) => one.stop());
  for (const { name, sent, failures, p50, p95 } of figures) {
    say(`${name}: ${sent} requests, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
    for (const [reason, count] of failures) say(`${name}: ${count} failed by ${reason}`);
  }
  for (const { name, pid, before } of processes) {
    const share = (cpuSeconds(pid) - before) / SECONDS;
    say(`${name}: ${(100 * share).toFixed(0)} % of a processor, ${residentMiB(pid).toFixed(0)} MiB`);
  }
  for (const { firstMiB, lastMiB } of memory)
    say(
      `a gateway's memory: ${firstMiB.toFixed(0)} MiB at the start, ${lastMiB.toFixed(0)} MiB after ${SECONDS} s`,
    );

  const first = '/api/v1/sessions?limit=20';
  const deep = `${first}&cursor=${ids.sessionId(Math.min(25, ids.sessions - 1))}`;
  const [shallowMs, deepMs] = [await timeOf(first), await timeOf(deep)];
  say(`a page of sessions: ${shallowMs.toFixed(1)} ms first, ${deepMs.toFixed(1)} ms behind all others`);

  const failed = figures.flatMap(({ failures }) => [...failures.values()]).reduce((sum, one) => sum + one, 0);
  await report(context.root, [
    ...figures.map(({ name, p95 }) => limitRow(`api-${name}-p95`, p95, LIMITS[name as keyof typeof LIMITS])),
    ratioRow('api-page-depth', 'first', 1.5, [{ ours: deepMs, peers: shallowMs }]),
    ratioRow(
      'api-memory',
      'start',
      1.2,
      memory.map(({ firstMiB, lastMiB }) => ({ ours: lastMiB, peers: firstMiB })),
    ),
  ]);
  if (failed > 0) {
    say(`${failed} requests failed`);
    process.exitCode = 1;
  }
} finally {
  await platform.stop();
}

/** The store with its turns. The embedded one finds them at its start, with nothing in its memory of how they were written. */
async function filledStore(
  file: string | undefined,
): Promise<{ readonly store: DocumentStoreServer; readonly ids: GeneratedTurns }> {
  const marker = file === undefined ? undefined : join(file, `filled-${TURNS}`);
  const isFilled = marker !== undefined && existsSync(marker);
  const ids = generatedIds(TURNS, isFilled ? Number(readFileSync(marker, 'utf8')) : Date.now());
  const start = () => DocumentStoreServer.start({ indexed: true, heapMiB: HEAP_MIB, folder: file });
  const store = await start();
  if (isFilled) return { store, ids };
  try {
    await fill(store, ids);
  } catch (error) {
    await store.stop();
    throw error;
  }
  if (marker === undefined) return { store, ids };
  await store.stop();
  writeFileSync(marker, String(ids.now));
  return { store: await start(), ids };
}

/** Where the store's file is: in memory, if it has room there. */
function temporaryFolder(): string {
  return mkdtempSync(join(roomOf(MEMORY) > TURN_BYTES * TURNS ? MEMORY : tmpdir(), 'documents-'));
}

/** Bytes that a file system can still hold; 0 where it is none. */
function roomOf(folder: string): number {
  const { bavail, bsize } = existsSync(folder) ? statfsSync(folder) : { bavail: 0, bsize: 0 };
  return bavail * bsize;
}

async function fill(store: DocumentStoreServer, ids: GeneratedTurns): Promise<void> {
  const options = { mongodbUri: store.uri('parlance'), name: 'bench' };
  const connection = await StoreConnection.open(options, silentLogger);
  say(`writing ${TURNS} turns of ${ids.sessions} sessions`);
  const begun = performance.now();
  const secondsSince = () => ((performance.now() - begun) / 1_000).toFixed(0);
  await generateTurns(connection, ids, say);
  say(`written in ${secondsSince()} s`);
  // As at an upgrade that brings an index: the repositories make them over all that is there.
  await new SessionRepository(connection).onModuleInit();
  await new TurnRepository(connection).onModuleInit();
  say(`indexed after ${secondsSince()} s`);
  await connection.close();
}

/** Sessions that requests may change. @returns their ids */
async function openSessions(random: Random): Promise<string[]> {
  const opened: string[] = [];
  for (let count = 0; count < ACTIVE_SESSIONS; count += 1) {
    const { method, path, body } = openRequest(random);
    const headers = { 'content-type': 'application/json' };
    const answer = await platform.gateway.fetch(path, { method, headers, body: JSON.stringify(body) });
    opened.push(((await answer.json()) as { readonly id: string }).id);
  }
  return opened;
}

/** Median of a page's time, one after the other. */
async function timeOf(path: string): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < PAGES; count += 1) {
    const before = performance.now();
    const answer = await platform.gateway.fetch(path);
    await answer.arrayBuffer();
    times.push(performance.now() - before);
  }
  return medianOf(times);
}
