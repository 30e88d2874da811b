import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { follow } from '../../../../test/support/collect.js';
import { READ_SPEECH, speechPcm } from '../../../../test/support/speech-samples.js';
import { until } from '../../../../test/support/until.js';
import type { LiveStream } from './live-stream.js';
import type { ChainTranscript } from './recognizer.js';
import { RemoteStream, type RemoteStreamOptions } from './remote-stream.js';

const PAUSE = Buffer.alloc(40_000);
const SPEECH = Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]);
const DEGRADED = [
  { stage: 'recognition', from: 'inference', to: 'remote', reason: 'upstream.unavailable' },
] as const;

function transcript(text: string): ChainTranscript {
  const word = { text: 'letter', startMs: 100, endMs: 400, confidence: 1 };
  return {
    ...{ text, language: 'en', audioMs: 1, model: 'm', segments: [], words: [word] },
    ...{ measures: undefined, scores: undefined, degraded: [...DEGRADED] },
  };
}

function opened(transcribe: RemoteStreamOptions['transcribe'], returnAfterMs = 60_000) {
  const options = { silenceMs: 700, maxUtteranceMs: 28_000, model: 'remote', returnAfterMs, transcribe };
  return followed(new RemoteStream(options));
}

/** Reads the stream to its end. */
function followed(stream: LiveStream) {
  const { events, ended } = follow(stream);
  const finals = () => events.flatMap(({ result, degraded }) => (result ? [{ ...result, degraded }] : []));
  return { stream, events, ended, finals };
}

describe('a live stream at a recogniser that takes utterances whole', () => {
  it('says when speech starts, that it is speech, its final with what fell back, and its end', async () => {
    const asked: Buffer[] = [];
    const { stream, events, ended, finals } = opened(async (pcm) => {
      asked.push(pcm);
      return transcript('A letter.');
    });
    await stream.send({ audio: SPEECH });
    await stream.send({ audio: SPEECH });
    stream.end();
    expect(await ended).toBe('ended');
    expect(asked).toHaveLength(2);
    expect(
      events.map(({ event, endpoint }) => endpoint?.kind ?? event).filter((kind) => kind !== 'result'),
    ).toEqual(
      expect.arrayContaining([
        'started',
        'ENDPOINT_KIND_SPEECH_STARTED',
        'ENDPOINT_KIND_SPEECH_CONFIRMED',
        'summary',
      ]),
    );
    const [first, second] = finals();
    expect(first).toMatchObject({ text: 'A letter.', isFinal: true, language: 'en', degraded: DEGRADED });
    expect(second!.utteranceId).not.toBe(first!.utteranceId);
    // Words stand in the stream.
    expect(second!.words[0]!.startMs).toBe(second!.startMs + 100);
    expect(events.at(-1)?.summary?.audioMs).toBe(Math.floor((SPEECH.length * 2) / 32));
  });

  it('tells nothing of what has no words, and ends by the fault where nobody recognises', async () => {
    const silent = opened(async () => transcript(''));
    await silent.stream.send({ audio: SPEECH });
    silent.stream.end();
    expect(await silent.ended).toBe('ended');
    expect(silent.finals()).toEqual([]);
    const down = opened(async () => {
      throw new AppError('recognition.unavailable', 'down');
    });
    await down.stream.send({ audio: SPEECH });
    expect(await down.ended).toBe('recognition.unavailable');
    await down.stream.send({ audio: SPEECH });
  });

  it('ends what is spoken on CONTROL_FINALIZE, and takes no more audio than the recogniser can follow', async () => {
    const answer = Promise.withResolvers<ChainTranscript>();
    const { stream, events, ended, finals } = opened(() => answer.promise);
    for (let utterance = 0; utterance < 2; utterance += 1) {
      await stream.send({ audio: speechPcm(READ_SPEECH.letter) });
      await stream.send({ control: 'CONTROL_FINALIZE' });
    }
    let isTaken = false;
    const held = stream.send({ audio: SPEECH }).then(() => (isTaken = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isTaken).toBe(false);
    answer.resolve(transcript('A letter.'));
    await held;
    stream.end();
    expect(await ended).toBe('ended');
    expect(finals()).toHaveLength(3);
    const told = events.flatMap(({ endpoint }) =>
      endpoint?.kind === 'ENDPOINT_KIND_FINALIZED' ? [endpoint] : [],
    );
    expect(told.map(({ utteranceId }) => utteranceId)).toEqual(
      finals()
        .slice(0, 2)
        .map(({ utteranceId }) => utteranceId),
    );
  });

  it('is given back behind a final once pods may be there again, and is over at once when it is cancelled', async () => {
    const back = opened(async () => transcript('A letter.'), 0);
    await back.stream.send({ audio: SPEECH });
    expect(await back.ended).toBe('service.draining');
    expect(back.finals()).toHaveLength(1);
    let signal: AbortSignal | undefined;
    const left = opened((_, until) => ((signal = until), new Promise(() => undefined)));
    await left.stream.send({ audio: SPEECH });
    await until(() => signal !== undefined);
    left.stream.cancel();
    expect(await left.ended).toBe('request.cancelled');
    expect(signal?.aborted).toBe(true);
  });
});
