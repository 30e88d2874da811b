import { createHash } from 'node:crypto';
import type { Logger } from '@parlance/telemetry';
import type { ClusterClient } from './cluster.client.js';
import { KINDS } from './kinds.data.js';
import type { KubeObject } from './kube-object.js';

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** The same thing is told again after so long. */
const REPEAT_MS = 600_000;
const MOST_REMEMBERED = 5_000;
const NOTE_LIMIT = 1_000;

/** Tells what happened to an object as Events. An event that cannot be written is logged and no reason to stop. */
export class EventRecorder {
  private readonly told = new Map<string, number>();

  constructor(
    private readonly client: ClusterClient,
    private readonly identity: string,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  async record(about: KubeObject, { type, reason, message }: EventNote): Promise<void> {
    const now = this.now();
    const { uid, name, namespace = 'default' } = about.metadata;
    const id = `${uid} ${reason} ${message}`;
    const last = this.told.get(id);
    if (last !== undefined && now - last < REPEAT_MS) return;
    this.told.delete(id);
    this.told.set(id, now);
    if (this.told.size > MOST_REMEMBERED) this.told.delete(this.told.keys().next().value ?? '');
    const suffix = createHash('sha256').update(`${id} ${now}`).digest('hex').slice(0, 12);
    try {
      await this.client.create({
        apiVersion: KINDS.event.apiVersion,
        kind: KINDS.event.kind,
        metadata: { namespace, name: `${name}.${suffix}` },
        eventTime: new Date(now).toISOString().replace('Z', '000Z'),
        type,
        reason,
        note: message.slice(0, NOTE_LIMIT),
        action: 'Reconcile',
        reportingController: 'parlance.dev/operator',
        reportingInstance: this.identity.slice(0, 128),
        regarding: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          namespace,
          name,
          uid,
          resourceVersion: about.metadata.resourceVersion,
        },
      });
    } catch (error) {
      this.logger.debug(
        { err: error, reason, object: `${namespace}/${name}` },
        'an event could not be written',
      );
    }
  }
}
