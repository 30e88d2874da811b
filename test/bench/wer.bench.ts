import { plainWords, wordErrors } from '../support/word-errors.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { driveSession, streamingWordErrorRate } from './live-session-driver.js';
import { liveSpeech } from './live/live-speech.js';
import { SAMPLES_PER_MS, streamOf, withPause } from './live/stream-samples.js';
import { openRecogniser, ourModels, type OurModels, type OurRecogniser } from './our-recogniser.js';
import { limitRow } from './ratios.js';

/** `npm run bench:wer`: word error rates in points: the finals of a live stream above those of the whole file on the same audio,
 *  and 8 bits above f32 utterance by utterance, all greedy on tiny.en with the usual fallback to other temperatures: without it one
 *  text in a hundred ends in a loop of some length, and its length would decide. */
const UTTERANCES = 90;
const STREAM_UTTERANCES = 60;
const PAUSE_MS = 900;
const LIMITS = { streamingPoints: 1, int8Points: 0.3 };

const context = benchContext(1);
const { say } = context;
const { utterances, texts } = await liveSpeech(context.shared, UTTERANCES);

const models = await ourModels(context, ['f32', 'int8', 'int4']);
const int8 = await openRecogniser({ ...models, precision: 'int8' });
const streamed = streamOf(utterances.slice(0, STREAM_UTTERANCES), PAUSE_MS);
const said = texts.slice(0, STREAM_UTTERANCES).join(' ');
const { finals } = await driveSession(int8, [streamed]);
const live = 100 * streamingWordErrorRate(said, finals);
const whole = 100 * streamingWordErrorRate(said, [{ text: await transcript(int8, streamed) }]);
say(
  `${(streamed.length / SAMPLES_PER_MS / 60_000).toFixed(1)} min: finals ${live.toFixed(2)} %, whole file ${whole.toFixed(2)} %`,
);

const rates = { int8: await rateOf(int8), f32: await rateAt('f32'), int4: await rateAt('int4') };
await int8.runtime.stop();
say(
  `${UTTERANCES} utterances: int8 ${rates.int8.toFixed(2)} %, f32 ${rates.f32.toFixed(2)} %; int4, which has no target, ${rates.int4.toFixed(2)} %`,
);

const above = (figure: number, reference: number): number => Math.max(0, figure - reference);
await report(context.root, [
  limitRow('wer-streaming', above(live, whole), LIMITS.streamingPoints),
  limitRow('wer-int8', above(rates.int8, rates.f32), LIMITS.int8Points),
]);

async function rateAt(precision: OurModels['precision']): Promise<number> {
  const rig = await openRecogniser({ ...models, precision });
  try {
    return await rateOf(rig);
  } finally {
    await rig.runtime.stop();
  }
}

/** Over all words of all utterances. */
async function rateOf(rig: OurRecogniser): Promise<number> {
  let [errors, words] = [0, 0];
  for (const [i, utterance] of utterances.entries()) {
    const reference = plainWords(texts[i] ?? '');
    const samples = withPause(utterance, 0);
    errors += wordErrors(reference, plainWords(await transcript(rig, samples)));
    words += reference.length;
  }
  return (100 * errors) / words;
}

async function transcript({ recognizer }: OurRecogniser, samples: Float32Array): Promise<string> {
  const transcription = recognizer.transcribe('', samples, {
    language: 'en',
    conditionOnPreviousText: false,
  });
  for await (const _segment of transcription) continue;
  return (await transcription.summary).text;
}
