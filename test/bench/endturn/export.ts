import { appendFile, writeFile } from 'node:fs/promises';
import { TURN_MODEL } from '@parlance/vad';
import { benchContext } from '../bench-context.js';
import { openMultilingual } from '../our-recogniser.js';
import { TurnObserver } from './turn-observations.js';
import { turnRecordings } from './turn-recordings.js';

/** `node dist/test/bench/endturn/export.js FILE [train|test]`: what training/end-of-turn learns from, one JSON object a line. */
const [file = 'observations.jsonl', part] = process.argv.slice(2);
const context = benchContext(1);
const recordings = (await turnRecordings(context.shared)).filter((each) => !part || each.part === part);
const rig = await openMultilingual(context, [TURN_MODEL]);
const observer = new TurnObserver(rig);
await writeFile(file, '');
for (const [i, recording] of recordings.entries()) {
  const observations = await observer.observe(recording);
  await appendFile(file, observations.map((each) => `${JSON.stringify(each)}\n`).join(''));
  if (i % 20 === 19) context.say(`${i + 1} of ${recordings.length} recordings`);
}
await rig.runtime.stop();
