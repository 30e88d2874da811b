import type { AssessmentJson } from '@parlance/contracts';

type Word = AssessmentJson['words'][number];
type Interval = NonNullable<Word['accuracy']>;

/** Below it a phone is shown with its word, of 100: raters call it faulty. */
const FAULTY_PHONE = 80;
const NAME_WIDTH = 14;

/** An assessment as lines for a person at a terminal. */
export function assessmentReport(assessment: AssessmentJson): string {
  const { mode, text, utterance, words, fluencyFacts, quality, reasons, advice } = assessment;
  const scored = words.filter(({ accuracy }) => accuracy);
  const sections = [
    [mode === 'scripted' ? `Text: ${text}` : `Recognised: ${text || '–'}`],
    [
      'Scores, of 100 (95 % interval)',
      ...Object.entries(utterance).map(([name, score]) => line(name, score)),
    ],
    ...(scored.length > 0 ? [['Words', ...scored.map(wordLine)]] : []),
    ...(fluencyFacts ? [['Fluency', ...fluencyLines(fluencyFacts)]] : []),
    [
      'Recording',
      field('loudness', quality.loudnessLufs, 'LUFS'),
      field('noise', quality.noiseLevelDbfs, 'dBFS'),
      field('speech/noise', quality.signalToNoiseDb, 'dB'),
      field('rated (1–5)', quality.dnsmos?.overall ?? null, 'DNSMOS'),
      `  ${'clipping'.padEnd(NAME_WIDTH)}${(100 * quality.clippingShare).toFixed(2)} % of the samples`,
    ],
    ['Answer', ...answerLines(assessment)],
    ...(advice.length > 0 ? [['What to practise', ...advice.map(({ message }) => `  ${message}`)]] : []),
    ['Reasons', ...reasons.map((reason) => reasonLine(reason, words))],
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function line(name: string, score: Interval | null): string {
  return `  ${name.padEnd(NAME_WIDTH)}${score ? interval(score) : '  –'}`;
}

function interval({ value, low, high }: Interval): string {
  return `${points(value)}  (${points(low).trim()}–${points(high).trim()})`;
}

function points(value: number): string {
  return String(Math.round(value)).padStart(3);
}

/** A word with the sounds that were not right. */
function wordLine({ text, startMs, accuracy, phones }: Word): string {
  const faults = phones.filter(({ accuracy: own, substitution }) => substitution || own.value < FAULTY_PHONE);
  const sounds = faults.map(({ phone, accuracy: own, substitution }) => {
    const other = substitution ? ` sounds like ${substitution.phone}` : '';
    return `${phone} ${points(own.value).trim()}${other}`;
  });
  const moment = startMs === null ? '' : `  at ${seconds(startMs)} s`;
  const told = sounds.length > 0 ? `${moment}: ${sounds.join(', ')}` : '';
  return `  ${text.padEnd(NAME_WIDTH)}${accuracy ? interval(accuracy) : '  –'}${told}`;
}

function fluencyLines(facts: NonNullable<AssessmentJson['fluencyFacts']>): string[] {
  const long = facts.pauses.filter(({ length }) => length === 'long').length;
  const kinds = Object.entries(Object.groupBy(facts.disfluencies, ({ kind }) => kind));
  return [
    field('speech rate', facts.speechRateWpm, 'words a minute'),
    field('articulation', facts.articulationRateWpm, 'words a minute without pauses'),
    `  ${'pauses'.padEnd(NAME_WIDTH)}${facts.pauses.length}, of them ${long} of 1 s or more`,
    field('run', facts.meanLengthOfRun, 'words between pauses'),
    ...kinds.map(([kind, found]) => `  ${kind.padEnd(NAME_WIDTH)}${found.length}`),
  ];
}

function answerLines({ timing, compatibility: { scores, metrics } }: AssessmentJson): string[] {
  const score = (name: string, value: number | null): string =>
    `  ${name.padEnd(NAME_WIDTH)}${value === null ? '  –' : points(value)}`;
  return [
    field('gap', timing && timing.gapMs / 1000, 's from the end of the question'),
    score('response time', scores.responseTime),
    score('flow', scores.interactionFlow),
    score('relevance', metrics.contextRelevance),
  ];
}

function field(name: string, value: number | null, unit: string): string {
  return `  ${name.padEnd(NAME_WIDTH)}${value === null ? '–' : `${value.toFixed(1)} ${unit}`}`;
}

function reasonLine(
  { code, message, words: own, spans }: AssessmentJson['reasons'][number],
  words: readonly Word[],
): string {
  const named = own.map((index) => words[index]?.text ?? '').join(', ');
  const moments = spans.map(({ startMs, endMs }) => `${seconds(startMs)}–${seconds(endMs)} s`).join(', ');
  const about = [named, moments].filter((part) => part !== '').join('; ');
  return `  ${code}: ${message}${about === '' ? '' : ` (${about})`}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
