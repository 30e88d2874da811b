import { readFile } from 'node:fs/promises';
import { TURN_MODEL } from '@parlance/vad';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { judge, ours, silenceAlone, smartTurnAlone, type TurnFigures } from './endturn/turn-deciders.js';
import { TurnObserver, type TurnObservation } from './endturn/turn-observations.js';
import { turnRecordings } from './endturn/turn-recordings.js';
import { openMultilingual } from './our-recogniser.js';
import { medianOf, ratioRow } from './ratios.js';

/** `npm run bench:endturn`: how often a turn ends within a sentence whose speaker pauses for .4 to 3 s, against silence alone with the
 *  same median delay of the ends that are right. Recordings of ../shared, cut within sentences; its speakers took no part in
 *  training/end-of-turn. */
const TARGET = 2 / 3;
const SILENCES_MS = [300, 500, 700, 1000, 1500, 2000] as const;
const CORPORA = { native: 'native readers', learners: 'learners' } as const;

const context = benchContext(1);
const { say } = context;
const { PARLANCE_BENCH_OBSERVATIONS: file } = context.settings.environment;
const observations = file ? await observationsIn(file) : await observe();
say(
  `Smart Turn took ${medianOf(observations.map(({ askMs }) => askMs)).toFixed(0)} ms, a text ${medianOf(observations.map(({ decodeMs }) => decodeMs)).toFixed(0)} ms (medians)`,
);

const rows = [];
for (const [corpus, title] of Object.entries(CORPORA)) {
  const some = observations.filter((each) => each.corpus === corpus);
  const ends = some.filter(({ isEnd }) => isEnd).length;
  say(`\n${title}: ${ends} finished sentences, ${some.length - ends} pauses within sentences`);
  say('                          wrong ends  cut, 3 s   median    90 %');
  for (const ms of SILENCES_MS) tell(`silence of ${ms} ms`, judge(some, silenceAlone(ms)));
  tell('Smart Turn alone', judge(some, smartTurnAlone));
  for (const eagerness of ['low', 'medium', 'high'] as const)
    tell(`ours, ${eagerness}`, judge(some, ours(eagerness)));
  const mine = judge(some, ours('medium'));
  const silence = judge(some, silenceAlone(mine.medianDelay));
  tell('silence, as late as ours', silence);
  rows.push(
    ratioRow(`endturn-${corpus}`, 'silence', TARGET, [{ ours: mine.wrongEnds, peers: silence.wrongEnds }]),
  );
}
await report(context.root, rows);

function tell(name: string, { wrongEnds, wrongCuts, medianDelay, delay90 }: TurnFigures): void {
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(10);
  say(
    `${name.padEnd(26)}${share(wrongEnds)}${share(wrongCuts)}${`${medianDelay} ms`.padStart(10)}${`${delay90} ms`.padStart(9)}`,
  );
}

async function observe(): Promise<TurnObservation[]> {
  const recordings = (await turnRecordings(context.shared)).filter(({ part }) => part === 'test');
  const rig = await openMultilingual(context, [TURN_MODEL]);
  const observer = new TurnObserver(rig);
  const found: TurnObservation[] = [];
  for (const [i, recording] of recordings.entries()) {
    found.push(...(await observer.observe(recording)));
    if (i % 20 === 19) say(`${i + 1} of ${recordings.length} recordings`);
  }
  await rig.runtime.stop();
  return found;
}

/** Those of the test that export.js has written. */
async function observationsIn(path: string): Promise<TurnObservation[]> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as TurnObservation).filter(({ part }) => part === 'test');
}
