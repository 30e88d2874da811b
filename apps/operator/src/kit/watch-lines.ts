import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { ClusterClient } from './cluster.client.js';
import type { Kind } from './kinds.data.js';
import type { KubeObject } from './kube-object.js';

export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & { readonly code?: number };
}

export interface WatchOptions {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  /** The version to go on from. */
  readonly from: string;
  readonly signal: AbortSignal;
}

/** The server ends a watch after so long, and sends bookmarks about once a minute before: longer silence is a dead connection. */
const WATCH_SECONDS = 300;
const SILENCE_MS = 100_000;

/** Follows a watch until the server ends it. @throws ClusterError and faults of the connection */
export async function* watchLines(
  client: ClusterClient,
  { kind, namespace, labelSelector, from, signal: stopping }: WatchOptions,
): AsyncGenerator<WatchLine> {
  const quiet = new AbortController();
  const silence = setTimeout(() => quiet.abort(new Error('the watch was silent for too long')), SILENCE_MS);
  const signal = AbortSignal.any([stopping, quiet.signal]);
  try {
    const query = {
      resourceVersion: from,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.round(WATCH_SECONDS * (1 + Math.random())),
      labelSelector,
    };
    const response = await client.watch(kind, namespace, query, signal);
    const lines = createInterface(Readable.fromWeb(response.body as ReadableStream, { signal }));
    for await (const line of lines) {
      silence.refresh();
      yield JSON.parse(line) as WatchLine;
    }
  } finally {
    clearTimeout(silence);
  }
}
