import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import type { ClusterClient } from './cluster.client.js';
import { EventRecorder } from './event-recorder.js';
import type { KubeObject } from './kube-object.js';

const ABOUT: KubeObject = {
  apiVersion: 'parlance.dev/v1alpha1',
  kind: 'SpeechModel',
  metadata: { name: 'english', namespace: 'voices', uid: 'one', resourceVersion: '5' },
};
const NOTE = { type: 'Warning', reason: 'NameTaken', message: 'Service english is not ours' } as const;
const REPEAT_MS = 600_000;

/** A recorder, what it wrote, and its clock. */
function recorder(fault?: Error) {
  const written: KubeObject[] = [];
  const clock = { now: Date.parse('2026-05-01T12:00:00Z') };
  const client = {
    async create(object: KubeObject): Promise<void> {
      if (fault) throw fault;
      written.push(object);
    },
  } as unknown as ClusterClient;
  const events = new EventRecorder(client, 'operator-0', silentLogger, () => clock.now);
  return { events, written, clock };
}

describe('EventRecorder', () => {
  it('writes an Event beside the object that it is about', async () => {
    const { events, written } = recorder();
    await events.record(ABOUT, NOTE);
    expect(written).toEqual([
      expect.objectContaining({
        kind: 'Event',
        metadata: { namespace: 'voices', name: expect.stringMatching(/^english\.[0-9a-f]{12}$/) },
        eventTime: '2026-05-01T12:00:00.000000Z',
        type: 'Warning',
        reason: 'NameTaken',
        note: 'Service english is not ours',
        regarding: {
          ...{ apiVersion: 'parlance.dev/v1alpha1', kind: 'SpeechModel' },
          ...{ namespace: 'voices', name: 'english', uid: 'one', resourceVersion: '5' },
        },
      }),
    ]);
  });

  it('tells the same thing again only after a while, and of another object at once', async () => {
    const { events, written, clock } = recorder();
    await events.record(ABOUT, NOTE);
    clock.now += REPEAT_MS - 1;
    await events.record(ABOUT, NOTE);
    expect(written).toHaveLength(1);
    await events.record({ ...ABOUT, metadata: { ...ABOUT.metadata, uid: 'other' } }, NOTE);
    expect(written).toHaveLength(2);
    clock.now += 1;
    await events.record(ABOUT, NOTE);
    expect(written).toHaveLength(3);
    // Names of events are theirs alone.
    expect(new Set(written.map(({ metadata }) => metadata.name)).size).toBe(3);
  });

  it('keeps a note and its own name within what the API takes', async () => {
    const { events, written } = recorder();
    await events.record(ABOUT, { ...NOTE, message: 'x'.repeat(2_000) });
    expect((written[0]?.note as string).length).toBe(1_000);
  });

  it('goes on where an event cannot be written', async () => {
    const { events } = recorder(new Error('away'));
    await expect(events.record(ABOUT, NOTE)).resolves.toBeUndefined();
  });
});
