import { join } from 'node:path';
import { compileModel, precisionList } from '../index.js';
import { RANDOM_WHISPERS, writeRandomWhisper } from './random-whisper.js';

/** usage: compile-random-whisper.js NAME FOLDER [PRECISIONS] — writes FOLDER/source and FOLDER/compiled. For tests, whose own realm computes slowly. */
const [name, folder, precisions = 'f32,int8'] = process.argv.slice(2) as [
  keyof typeof RANDOM_WHISPERS,
  string,
  string?,
];
await writeRandomWhisper(join(folder, 'source'), RANDOM_WHISPERS[name]);
await compileModel({
  source: join(folder, 'source'),
  target: join(folder, 'compiled'),
  precisions: precisionList(precisions),
});
