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
    const body = await client.watch(kind, namespace, query, signal);
    // Faults come out of the loop; the one of a request that is ended by leaving it is nobody's.
    body.on('error', () => undefined);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      silence.refresh();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as WatchLine;
    }
  } finally {
    clearTimeout(silence);
  }
}
