import { createHash } from 'node:crypto';
import { ANNOTATIONS, FIELD_MANAGER } from '../api/group.js';
import type { ClusterClient } from './cluster.client.js';
import type { KubeObject } from './kube-object.js';

/** @returns a short digest of any JSON value, whatever the order of its keys */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16);
}

/** @returns whether the cluster's object has all that is wanted of it and nothing of ours that is no longer wanted.
 *  What others have added to it does not count: it is theirs. */
export function isApplied(wanted: KubeObject, live: KubeObject): boolean {
  return live.metadata.annotations?.[ANNOTATIONS.applied] === digestOf(wanted) && isWithin(wanted, live);
}

/** Applies an object as the one field manager. An object that was observed must be unchanged since, so that a writer that
 *  acts on an old view gets a conflict in place of undoing a newer one's work. */
export function applyObject(
  client: ClusterClient,
  wanted: KubeObject,
  live: KubeObject | undefined,
): Promise<KubeObject> {
  const { annotations, ...metadata } = wanted.metadata;
  return client.apply(
    {
      ...wanted,
      metadata: {
        ...metadata,
        annotations: { ...annotations, [ANNOTATIONS.applied]: digestOf(wanted) },
        ...(live ? { uid: live.metadata.uid, resourceVersion: live.metadata.resourceVersion } : {}),
      },
    },
    FIELD_MANAGER,
  );
}

/** Fields by which the items of a list are told apart. */
const KEYS = ['name', 'type', 'key', 'containerPort', 'port'] as const;

/** @returns whether everything that `wanted` names is the same in `live` */
export function isWithin(wanted: unknown, live: unknown): boolean {
  if (wanted === undefined) return true;
  // The server leaves out what is empty.
  if (Array.isArray(wanted)) return isListWithin(wanted, Array.isArray(live) ? live : []);
  if (typeof wanted === 'object' && wanted !== null) {
    if (live === undefined || live === null) return Object.keys(wanted).length === 0;
    if (typeof live !== 'object') return false;
    return Object.entries(wanted).every(([name, value]) =>
      isWithin(value, (live as Record<string, unknown>)[name]),
    );
  }
  return wanted === live || isSameQuantity(wanted, live);
}

function isListWithin(wanted: readonly unknown[], live: readonly unknown[]): boolean {
  const key = KEYS.find((name) => wanted.length > 0 && wanted.every((item) => hasField(item, name)));
  if (key === undefined || !live.every((item) => hasField(item, key)))
    return wanted.length === live.length && wanted.every((item, i) => isWithin(item, live[i]));
  return wanted.every((item) =>
    live.some((other) => fieldOf(item, key) === fieldOf(other, key) && isWithin(item, other)),
  );
}

const hasField = (item: unknown, name: string): boolean =>
  typeof item === 'object' && item !== null && name in item;
const fieldOf = (item: unknown, name: string): unknown => (item as Record<string, unknown>)[name];

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** @returns the number a quantity stands for, undefined for other text */
export function quantityOf(text: unknown): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(String(text)) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit ?? ''] ?? 1);
}

/** The server writes quantities its own way: 1000m becomes 1. */
function isSameQuantity(wanted: unknown, live: unknown): boolean {
  const number = quantityOf(wanted);
  return number !== undefined && typeof live === 'string' && number === quantityOf(live);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}
