import { decodeRecording } from '@parlance/cli/audio/recording';
import { trimmed } from '@parlance/cli/bench/spoken-script';
import { alternatingLanguages } from '../support/spoken-fixtures.js';
import { plainWords, wordErrors } from '../support/word-errors.js';
import { LanguageBelief, SessionLanguages } from '@parlance/inference/streaming/language-belief';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { driveSession, type Driven, type DrivenFinal, type DrivenInterim } from './live-session-driver.js';
import { SAMPLES_PER_MS, withPause } from './live/stream-samples.js';
import { openMultilingual, type OurRecogniser } from './our-recogniser.js';
import { gainRow, LIMIT, limitRow } from './ratios.js';
import { readUtterances } from './speech-sample.js';

/** `npm run bench:languages` (PARLANCE_BENCH_PARTS: read, alternating): live speech whose language nobody told, on whisper-base: words wrong above those with the language
 *  told, finals without text where the file API has some, languages identified while one session goes through many. The clock
 *  stands still: where a session decodes depends on the audio alone. */
const RECORDINGS = 100;
const PAUSE_MS = 900;
const LIMITS = { points: 1, identified: 0.9, sureSeconds: 3 };

const context = benchContext(1);
const { say } = context;
const wanted = process.env.PARLANCE_BENCH_PARTS?.split(',');
const rig = await openMultilingual(context);
try {
  for (const [name, measure] of Object.entries({ read: readSpeech, alternating }))
    if (wanted?.includes(name) ?? true) await measure(rig);
} finally {
  await rig.runtime.stop();
}

/** English, a session for each recording: nothing was spoken before. */
async function readSpeech(models: OurRecogniser): Promise<void> {
  const recordings = (await readUtterances(context.shared))
    .filter(({ seconds }) => seconds >= 3 && seconds <= 12)
    .slice(0, RECORDINGS);
  const errors = { told: 0, untold: 0 };
  let [words, finals, empty] = [0, 0, 0];
  for (const { id, file, text } of recordings) {
    const samples = withPause({ pcm: await decodeRecording(file) }, PAUSE_MS);
    const reference = plainWords(text);
    const untold = await drive(models, samples);
    const told = await drive(models, samples, 'en');
    const wrong = { untold: errorsOf(reference, untold), told: errorsOf(reference, told) };
    for (const final of [...untold.finals, ...told.finals])
      if (final.text === '' && (await asFile(models, samples, final)) !== '') empty++;
    finals += untold.finals.length + told.finals.length;
    errors.untold += wrong.untold;
    errors.told += wrong.told;
    words += reference.length;
    if (wrong.untold > wrong.told)
      say(
        `${id} ${wrong.told} → ${wrong.untold}: ${untold.finals.map(({ language, text: t }) => `[${language}] ${t}`).join(' ')}`,
      );
  }
  const percent = (count: number): number => (100 * count) / words;
  say(
    `${recordings.length} recordings, ${words} words: ${percent(errors.untold).toFixed(2)} % wrong without a told language, ${percent(errors.told).toFixed(2)} % with; ${empty} of ${finals} finals empty where the file has text`,
  );
  await report(context.root, [
    limitRow('languages-wer', Math.max(0, percent(errors.untold - errors.told)), LIMITS.points),
    gainRow('languages-finals', LIMIT, 1, [{ ours: finals - empty, peers: finals }]),
  ]);
}

/** One session, the languages in turn. */
async function alternating(models: OurRecogniser): Promise<void> {
  const spoken = await alternatingLanguages(context.root);
  const frames: Float32Array[] = [];
  for (const { file } of spoken)
    frames.push(withPause({ pcm: trimmed(await decodeRecording(file)) }, PAUSE_MS));
  const { finals, interims, brokenPromises } = await driveSession(models, frames, { now: () => 0 });
  let [from, identified, wronglySure] = [0, 0, 0];
  const sureAfter: number[] = [];
  for (const [i, { file, language, text }] of spoken.entries()) {
    const to = from + (frames[i] as Float32Array).length / SAMPLES_PER_MS;
    const isWithin = ({ endMs }: { readonly endMs: number }): boolean => endMs > from && endMs <= to;
    const own = finals.filter(isWithin);
    const longest = own.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs))[0];
    const sure = interims.filter(isWithin).find((interim) => isSure(interim, (interim.endMs - from) / 1000));
    const firstMs = (sure ?? longest)?.endMs ?? to;
    sureAfter.push((firstMs - from) / 1000);
    if (sure !== undefined && sure.language !== language) wronglySure++;
    if (longest?.language === language) identified++;
    say(
      `${file.slice(-11)} ${longest?.language === language ? ' ' : '✗'} [${longest?.language}] sure after ${((firstMs - from) / 1000).toFixed(1)} s [${sure?.language ?? 'final'}] ${text} | ${own.map((final) => final.text).join(' / ')}`,
    );
    from = to;
  }
  const p95 = sureAfter.toSorted((a, b) => a - b)[Math.ceil(0.95 * sureAfter.length) - 1] ?? NaN;
  say(
    `${spoken.length} utterances in ${new Set(spoken.map(({ language }) => language)).size} languages: ${identified} identified; sure after ${p95.toFixed(2)} s (p95), of another language in ${wronglySure}; ${brokenPromises.length} committed texts changed`,
  );
  await report(context.root, [
    gainRow('languages-identified', LIMIT, LIMITS.identified, [{ ours: identified, peers: spoken.length }]),
    limitRow('languages-sure', p95, LIMITS.sureSeconds),
  ]);
}

/** By the rule of the session, which commits no word before. */
function isSure(interim: DrivenInterim, seconds: number): boolean {
  const belief = new LanguageBelief(new SessionLanguages({}));
  belief.update(interim, seconds);
  return belief.isSure;
}

function drive(models: OurRecogniser, samples: Float32Array, language?: string): Promise<Driven> {
  return driveSession(models, [samples], { now: () => 0, ...(language ? { language } : {}) });
}

function errorsOf(reference: readonly string[], { finals }: Driven): number {
  return wordErrors(reference, plainWords(finals.map(({ text }) => text).join(' ')));
}

/** What the file API writes for the audio of a final. */
async function asFile(
  { recognizer }: OurRecogniser,
  samples: Float32Array,
  { startMs, endMs }: DrivenFinal,
): Promise<string> {
  const transcription = recognizer.transcribe(
    '',
    samples.slice(startMs * SAMPLES_PER_MS, endMs * SAMPLES_PER_MS),
  );
  for await (const _segment of transcription) continue;
  return (await transcription.summary).text;
}
