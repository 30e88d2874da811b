import type { FluencyFacts } from '@parlance/analytics';
import type { AssessmentAdviceJson, AssessmentJson } from '@parlance/contracts';
import type { WordScores } from '@parlance/scoring';
import { SOUND_ADVICE, SUBSTITUTION_ADVICE } from './sound-advice.data.js';

/** Pieces of one assessment: more are not remembered. */
const MOST = 3;
/** A score that lies above it with its whole 95 % interval is good: nothing is advised about it. */
const GOOD = 80;
/** Below it a sound is taken up even where it is not known what it was replaced by, of 100: raters say “heavy accent”. */
const FAULTY_SOUND = 60;
/** Words that one piece names. */
const MOST_WORDS = 3;
/** A pause within a phrase counts from this length on, milliseconds. */
const LONG_PAUSE_MS = 500;
/** Words a minute without pauses, and with them: what is slower than the one or faster than the other is taken up. Of our own. */
const SLOW_WPM = 100;
const FAST_WPM = 260;

type Utterance = AssessmentJson['utterance'];
type Score = 'accuracy' | 'fluency' | 'prosody' | 'completeness';

/**
 * What to practise, of what an assessment found: by the utterance's lowest score first, and for pronunciation by the sounds that are lowest and
 * most frequent. Nothing is said of a score that is null or good, and nothing that no fault stands behind.
 * @param facts  of the recognised words; undefined where there are none
 * @returns at most three pieces, each about another fault
 */
export function adviceFor(
  { accuracy, fluency, prosody, completeness }: Utterance,
  words: readonly WordScores[],
  facts: FluencyFacts | undefined,
): AssessmentAdviceJson[] {
  const found: Record<Score, () => AssessmentAdviceJson[]> = {
    accuracy: () => soundAdvice(words),
    fluency: () => (facts ? fluencyAdvice(facts) : []),
    prosody: () => (facts ? paceAdvice(facts) : []),
    completeness: () => completenessAdvice(words),
  };
  const scores = Object.entries({ accuracy, fluency, prosody, completeness }) as [Score, typeof accuracy][];
  const queues = scores
    .flatMap(([name, score]) => (score && score.low <= GOOD ? [{ name, value: score.value }] : []))
    .sort((one, other) => one.value - other.value)
    .map(({ name }) => found[name]());
  const most = Math.max(0, ...queues.map(({ length }) => length));
  // One of each score in turn, so that a learner with two weaknesses hears of both.
  const rounds = Array.from({ length: most }, (_, round) => queues.flatMap((queue) => queue[round] ?? []));
  return rounds.flat().slice(0, MOST);
}

/** Words that became others as one item, and each sound that was faulty in the rest; by what the faults of each weigh together. */
function soundAdvice(words: readonly WordScores[]): AssessmentAdviceJson[] {
  const faults = words.flatMap(({ phones, accuracy }, word) =>
    accuracy === null || accuracy.low > GOOD
      ? []
      : phones.filter(isFaulty).map((one): SoundFault => ({ ...one, word })),
  );
  const isOther = (word: number): boolean => {
    const own = faults.filter((fault) => fault.word === word).length;
    return own > 1 && own > words[word]!.phones.length / 2;
  };
  const others = faults.filter(({ word }) => isOther(word));
  const single = faults.filter(({ word }) => !isOther(word));
  const items = Object.values(Object.groupBy(single, ({ phone }) => phone)).map((same = []) =>
    soundItem(same, words),
  );
  if (others.length > 0) items.push({ weight: weightOf(others), advice: otherWords(others, words) });
  return items.sort((one, other) => other.weight - one.weight).flatMap(({ advice }) => advice ?? []);
}

type Phone = WordScores['phones'][number];
type SoundFault = Phone & { readonly word: number };
interface Weighed {
  readonly weight: number;
  readonly advice: AssessmentAdviceJson | undefined;
}

function isFaulty({ accuracy: { value, low }, substitution }: Phone): boolean {
  return low <= GOOD && value < (substitution ? GOOD : FAULTY_SOUND);
}

function weightOf(faults: readonly SoundFault[]): number {
  return faults.reduce((sum, { accuracy }) => sum + GOOD - accuracy.value, 0);
}

/** One sound, by what it was replaced by most. @param faults  of this sound, at least one */
function soundItem(faults: readonly SoundFault[], words: readonly WordScores[]): Weighed {
  const byReplacement = Object.values(
    Object.groupBy(faults, ({ substitution }) => substitution?.phone ?? ''),
  ).map((same = []) => ({ same, weight: weightOf(same) }));
  const { same, weight } = byReplacement.reduce((most, one) => (one.weight > most.weight ? one : most));
  const { phone, substitution: replaced } = same[0]!;
  const sound = SOUND_ADVICE[phone];
  if (!sound) return { weight, advice: undefined };
  const substitution = replaced?.phone ?? null;
  const fault = substitution === null ? 'was not clear' : `sounded like ${substitution}`;
  const how = SUBSTITUTION_ADVICE[`${phone}>${substitution}`] ?? sound.how;
  const { message, ...where } = about(same, words);
  return {
    weight,
    advice: {
      code: 'sound.practise',
      message: `The sound ${phone}, as in “${sound.example}”, ${fault} in ${message}: ${how}.`,
      ...{ phone, substitution, ...where },
    },
  };
}

function otherWords(faults: readonly SoundFault[], words: readonly WordScores[]): AssessmentAdviceJson {
  const { message, ...where } = about(faults, words);
  const sounds = words[faults[0]!.word]!.phones.map(({ phone }) => phone).join(' ');
  return {
    code: 'word.practise',
    message: `Most sounds of ${message} were other ones: say it slowly, sound by sound (${sounds}), then in its phrase.`,
    ...{ phone: null, substitution: null, ...where },
  };
}

/** The words of faults: named, by index, and where they are faulty. */
function about(faults: readonly SoundFault[], words: readonly WordScores[]) {
  const own = [...new Set(faults.map(({ word }) => word))];
  const named = own.slice(0, MOST_WORDS).map((word) => `“${words[word]!.text}”`);
  return {
    message: listed(named),
    words: own,
    spans: faults.map(({ startMs, endMs }) => ({ startMs, endMs })),
  };
}

function fluencyAdvice({ pauses, disfluencies }: FluencyFacts): AssessmentAdviceJson[] {
  const long = pauses.filter(
    ({ location, startMs, endMs }) => location === 'phrase' && endMs - startMs >= LONG_PAUSE_MS,
  );
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
  const [fillers, others] = [
    disfluencies.filter(({ kind }) => kind === 'filler'),
    disfluencies.filter(({ kind }) => kind !== 'filler'),
  ];
  const kinds = [
    {
      found: long,
      code: 'pause.plan',
      message: `You paused ${times(long.length)} within a phrase: take in the whole phrase before you begin it, and pause behind it instead.`,
    },
    {
      found: fillers,
      code: 'filler.leave_out',
      message: `You said “um” or the like ${times(fillers.length)}: where you need time, stay silent for a moment and then go on.`,
    },
    {
      found: others,
      code: 'repetition.go_on',
      message: `You began again or repeated yourself ${times(others.length)}: say the phrase once, a little slower, and go on even where it was not perfect.`,
    },
  ];
  return kinds
    .filter(({ found }) => found.length > 0)
    .sort((one, other) => other.found.length - one.found.length)
    .map(({ code, message, found }) => whole(code, message, found));
}

function paceAdvice({ articulationRateWpm, speechRateWpm }: FluencyFacts): AssessmentAdviceJson[] {
  const rate = (wpm: number): string => `${Math.round(wpm)} words a minute`;
  if (articulationRateWpm < SLOW_WPM)
    return [
      whole(
        'pace.faster',
        `You speak slowly, ${rate(articulationRateWpm)} without pauses: join the words of a phrase, and shorten “a”, “the”, “to” and “of”.`,
      ),
    ];
  if (speechRateWpm > FAST_WPM)
    return [
      whole(
        'pace.slower',
        `You speak fast, ${rate(speechRateWpm)}: give the stressed syllables more time, and pause at the end of a sentence.`,
      ),
    ];
  return [];
}

/** Words of the text that nobody has found in the recording. */
function completenessAdvice(words: readonly WordScores[]): AssessmentAdviceJson[] {
  const missing = [...words.keys()].filter((word) => {
    const { accuracy, phones } = words[word]!;
    return (
      accuracy !== null && phones.length > 0 && phones.every((one) => one.accuracy.value < FAULTY_SOUND / 2)
    );
  });
  if (missing.length === 0) return [];
  const named = missing.slice(0, MOST_WORDS).map((word) => `“${words[word]!.text}”`);
  const message = `Nothing like ${listed(named)} was heard: read to the end, and say every word.`;
  return [{ ...whole('word.say', message), words: missing }];
}

function whole(
  code: string,
  message: string,
  spans: readonly { readonly startMs: number; readonly endMs: number }[] = [],
): AssessmentAdviceJson {
  return {
    ...{ code, message, phone: null, substitution: null, words: [] },
    spans: spans.map(({ startMs, endMs }) => ({ startMs, endMs })),
  };
}

function listed(words: readonly string[]): string {
  return new Intl.ListFormat('en', { style: 'long' }).format(words);
}
