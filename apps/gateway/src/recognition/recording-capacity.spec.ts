import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { gatewaySchema } from '../gateway.config.js';
import { PodRecognizer } from './pod-recognizer.client.js';
import type { RecognitionClient } from './recognition.client.js';
import { RecordingCapacity } from './recording-capacity.service.js';

const full = expect.objectContaining({ code: 'inference.overloaded', retryAfterSeconds: 2 });

describe('the capacity for recordings of a tenant', () => {
  let nowMs = 0;
  const capacity = (environment: Readonly<Record<string, string>> = {}) =>
    new RecordingCapacity(gatewaySchema.parse(environment), () => nowMs);

  it('is what the pods took when they refused one more, grows every two seconds, and is forgotten after thirty', () => {
    const pods = capacity();
    const requests = Array.from({ length: 5 }, () => pods.admit('greedy'));
    const ends = [pods.taken('greedy'), pods.taken('greedy')];
    pods.noteRefusal('greedy');
    for (const over of requests.splice(2)) over();
    expect(() => pods.admit('greedy')).toThrow(full);
    // One is over, and over once.
    requests[0]!();
    requests[0]!();
    ends[0]!();
    pods.admit('greedy');
    expect(() => pods.admit('greedy')).toThrow(full);
    nowMs += 2_000;
    pods.admit('greedy');
    expect(() => pods.admit('greedy')).toThrow(full);
    nowMs += 28_000;
    for (let more = 0; more < 50; more += 1) pods.admit('greedy');
  });

  it('is learnt from a recording that the pods refuse, and from no other fault', async () => {
    for (const [code, isLearnt] of [
      ['upstream.unavailable', false],
      ['inference.overloaded', true],
    ] as const) {
      const pods = capacity();
      const open = () => Promise.reject(new AppError(code, 'Not just now.'));
      const client = { open } as unknown as RecognitionClient;
      const refused = new PodRecognizer(client, pods).transcribe({
        pcm: (async function* () {
          yield Buffer.alloc(320);
        })(),
        options: {},
        identity: { tenant: 'greedy' },
        signal: new AbortController().signal,
      });
      await expect(refused).rejects.toMatchObject({ code });
      pods.admit('greedy');
      if (isLearnt) expect(() => pods.admit('greedy')).toThrow(full);
      else pods.admit('greedy');
    }
  });

  it('is forgotten where the pods turn out to be away', () => {
    const pods = capacity();
    pods.noteRefusal('greedy');
    pods.admit('greedy');
    expect(() => pods.admit('greedy')).toThrow(full);
    pods.forget('greedy');
    for (let more = 0; more < 5; more += 1) pods.admit('greedy');
  });

  it('is one at least, and each tenant’s own', () => {
    const pods = capacity();
    pods.noteRefusal('late');
    const only = pods.admit('late');
    expect(() => pods.admit('late')).toThrow(full);
    for (let nth = 0; nth < 5; nth += 1) pods.admit('other');
    only();
    pods.admit('late');
  });

  it('is nobody’s limit where another recogniser takes what the pods refuse', () => {
    const pods = capacity({ PARLANCE_REMOTE_RECOGNIZER_URL: 'http://127.0.0.1:9/v1' });
    pods.admit('greedy');
    pods.noteRefusal('greedy');
    for (let more = 0; more < 5; more += 1) pods.admit('greedy');
  });
});
