import type { Job } from '@parlance/onnx/model';
import type { ExpectedWord } from './expected-text.js';
import { columnMoments, inGroups, meanOf } from './groups.js';
import {
  FAULTY_PHONE,
  phoneInputs,
  utteranceInputs,
  wordInputs,
  type UtteranceEvidence,
} from './level-inputs.js';
import { isOffScript } from './off-script.js';
import { PAUSE_FACTS, pauseFacts, speechFrames, speechIndices } from './pause-facts.js';
import { FRAME_SECONDS, likeliestOther, phoneEvidence, type PhoneEvidence } from './phone-features.js';
import { PHONES } from './phone-set.js';
import { intervalScore } from './score-intervals.js';
import { TARGETS, type FrameOutputs, type Target } from './score-models.js';
import type { ScoringEngine } from './scoring-engine.js';
import {
  scoringReason,
  withoutScores,
  type PhoneScores,
  type ScoringReason,
  type ScriptedScores,
  type WordScores,
} from './scripted-scores.js';
import { alignVariants, type AlignedText } from './text-alignment.js';
import { MOST_SAMPLES, type EncodedSound } from './whisper-reader.js';

/** Fewer frames of 32 ms than this are a click, not speech. */
const FEWEST_SPEECH_FRAMES = 3;
/** The shortest texts that raters called fluent or not. */
const FEWEST_WORDS = 3;
const FLOW: readonly Target[] = ['fluency', 'prosody'];

/**
 * Scores how an expected text was spoken, as the models were trained (training/scores' system.py): the encoder's blocks and the likelihood
 * of the text, speech and pauses, alignment, phones, words, the whole utterance. The same samples give the same numbers.
 * @param samples  16 kHz mono
 */
export async function scoreText(
  engine: ScoringEngine,
  job: Job,
  samples: Float32Array,
  words: readonly ExpectedWord[],
): Promise<ScriptedScores> {
  const texts = words.map(({ text }) => text);
  const fault = faultBefore(engine, samples, words);
  if (fault) return withoutScores(texts, [fault]);
  const encoding = await engine.whisper.encode(job, samples, engine.models.description.loudestLogMel);
  try {
    return await scoreEncoded(engine, job, { samples, words, encoding });
  } finally {
    encoding.release();
  }
}

/** What rules out any score before the models are asked. */
function faultBefore(
  { whisper }: ScoringEngine,
  samples: Float32Array,
  words: readonly ExpectedWord[],
): ScoringReason | undefined {
  if (words.every(({ pronunciations }) => pronunciations.length === 0)) return scoringReason('text.empty');
  if (samples.length > MOST_SAMPLES) return scoringReason('audio.too_long');
  // Each word is a token at least.
  const isLong =
    words.length > whisper.mostTokens ||
    whisper.tokensOf(words.map(({ text }) => text)).flat().length > whisper.mostTokens;
  return isLong ? scoringReason('text.too_long') : undefined;
}

interface EncodedSpeech {
  readonly samples: Float32Array;
  readonly words: readonly ExpectedWord[];
  readonly encoding: EncodedSound;
}

async function scoreEncoded(
  engine: ScoringEngine,
  job: Job,
  { samples, words, encoding }: EncodedSpeech,
): Promise<ScriptedScores> {
  const { whisper, models } = engine;
  const spoken = words.flatMap((word, i) => (word.pronunciations.length > 0 ? [{ ...word, index: i }] : []));
  const variants = spoken.map(({ pronunciations }) => pronunciations);
  const texts = words.map(({ text }) => text);
  const probabilities = await engine.speechProbabilities(
    job,
    samples.map((sample) => sample * encoding.gain),
  );
  if (speechIndices(probabilities).length < FEWEST_SPEECH_FRAMES)
    return withoutScores(texts, [scoringReason('speech.none')]);
  if (variants.reduce((sum, [usual]) => sum + usual!.length, 0) > encoding.frames)
    return withoutScores(texts, [scoringReason('text.does_not_fit')]);

  const tokens = whisper.tokensOf(spoken.map(({ text }) => text));
  const tokenLogs = await whisper.wordLikelihoods(job, encoding, tokens);
  const noiseLogs = await whisper.wordLikelihoods(job, await engine.noise(job), tokens);
  const outputs = await models.frames(job, encoding.layers, encoding.frames);
  const aligned = job.measure('infer', () =>
    alignVariants(models.likelihoods(outputs.logPosteriors), variants),
  );
  const facts = pauseFacts(probabilities, encoding.levels, {
    words: spoken.length,
    phones: aligned.spans.length,
  });
  const phones = job.measure('infer', () =>
    phoneEvidence(outputs.logPosteriors, aligned.spans, aligned.phones),
  );
  const speech = speechFrames(probabilities, encoding.frames, FRAME_SECONDS);
  const pooled = job.measure('infer', () => columnMoments(encoding.layers, speech));
  const evidence: UtteranceEvidence = {
    base: await models.base(job, Float32Array.of(...pooled, ...facts)),
    facts,
    phones,
    wordSizes: aligned.phones.map(({ length }) => length),
    likelihoods: tokenLogs.map((logs) => {
      const sum = logs.reduce((total, log) => total + log, 0);
      return [sum / logs.length, Math.min(...logs), logs[0]!, sum];
    }),
  };
  const namedFacts = Object.fromEntries(PAUSE_FACTS.map((fact, i) => [fact, facts[i]!])) as NonNullable<
    ScriptedScores['facts']
  >;
  if (isOffScript(tokenLogs, noiseLogs))
    return withoutScores(texts, [scoringReason('speech.off_script')], namedFacts);

  const raw = await rawScores(engine, job, { evidence, outputs });
  const { intervals } = models.description;
  const scored = wordScores(spoken, { aligned, evidence, raw, intervals });
  const byIndex = new Map(scored.map((word, i) => [spoken[i]!.index, word]));
  const unscored = withoutScores(texts, []).words;
  const isShort = words.length < FEWEST_WORDS;
  return {
    utterance: Object.fromEntries(
      TARGETS.map((target, i) => [
        target,
        isShort && FLOW.includes(target)
          ? null
          : intervalScore(raw.utterance[i]!, 'utterance', intervals[target]),
      ]),
    ) as ScriptedScores['utterance'],
    words: unscored.map((word, i) => byIndex.get(i) ?? word),
    facts: namedFacts,
    reasons: reasonsOf(words, isShort),
  };
}

/** Outputs of the models, on the raters' scales. */
interface RawScores {
  readonly phones: readonly number[];
  readonly words: readonly number[];
  readonly utterance: readonly number[];
}

async function rawScores(
  { models }: ScoringEngine,
  job: Job,
  { evidence, outputs }: { readonly evidence: UtteranceEvidence; readonly outputs: FrameOutputs },
): Promise<RawScores> {
  const { phones: own, wordSizes } = evidence;
  const { phoneExperts, wordExpert } = outputs;
  // The experts are linear, so that their score of a phone is the mean over its frames, and of a word the mean over its phones.
  const experts = own.map(({ phone, span }) => meanOver(phoneExperts, span, PHONES.length, phone));
  const phones = await models.phones(job, phoneInputs(evidence, experts));
  const ofPhones = own.map(({ span }) => meanOver(wordExpert, span, 1, 0));
  const words = await models.words(
    job,
    wordInputs(evidence, inGroups(ofPhones, wordSizes).map(meanOf), phones),
  );
  return { phones, words, utterance: await models.total(job, utteranceInputs(evidence, phones, words)) };
}

function meanOver(
  data: Float32Array,
  { start, end }: PhoneEvidence['span'],
  width: number,
  column: number,
): number {
  let sum = 0;
  for (let frame = start; frame < end; frame++) sum += data[frame * width + column]!;
  return sum / (end - start);
}

interface ScoredText {
  readonly aligned: AlignedText;
  readonly evidence: UtteranceEvidence;
  readonly raw: RawScores;
  readonly intervals: ScoringEngine['models']['description']['intervals'];
}

function wordScores(
  spoken: readonly ExpectedWord[],
  { aligned, evidence, raw, intervals }: ScoredText,
): WordScores[] {
  const phones = evidence.phones.map((own, i) => phoneScores(own, raw.phones[i]!, intervals.phone));
  return inGroups(phones, evidence.wordSizes).map((group, word) => ({
    text: spoken[word]!.text,
    startMs: group[0]!.startMs,
    endMs: group.at(-1)!.endMs,
    accuracy: intervalScore(raw.words[word]!, 'word', intervals.word),
    logLikelihood: evidence.likelihoods[word]![0]!,
    phones: group.map((phone, i) => ({ ...phone, phone: aligned.phones[word]![i]! })),
  }));
}

function phoneScores(
  own: PhoneEvidence,
  raw: number,
  interval: ScoredText['intervals']['phone'],
): PhoneScores {
  const other = likeliestOther(own);
  const [logPosterior, margin] = own.goodness;
  return {
    phone: PHONES[own.phone]!,
    startMs: Math.round(own.span.start * FRAME_SECONDS * 1000),
    endMs: Math.round(own.span.end * FRAME_SECONDS * 1000),
    accuracy: intervalScore(raw, 'phone', interval),
    logPosterior: logPosterior!,
    // A phone that raters would call right has none: advice must not contradict the score.
    substitution:
      margin! < 0 && raw < FAULTY_PHONE
        ? { phone: PHONES[other.phone]!, probability: other.probability }
        : null,
  };
}

function reasonsOf(words: readonly ExpectedWord[], isShort: boolean): ScoringReason[] {
  const which = (matches: (word: ExpectedWord) => boolean): number[] =>
    [...words.keys()].filter((i) => matches(words[i]!));
  const unknown = which(({ pronunciations }) => pronunciations.length === 0);
  const derived = which(({ pronunciations, source }) => pronunciations.length > 0 && source === 'rules');
  return [
    ...(isShort ? [scoringReason('text.too_short')] : []),
    ...(unknown.length > 0 ? [scoringReason('word.no_pronunciation', unknown)] : []),
    ...(derived.length > 0 ? [scoringReason('word.pronounced_by_rule', derived)] : []),
  ];
}
