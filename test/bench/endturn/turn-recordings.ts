import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A recording of somebody who reads. */
export interface TurnRecording {
  readonly id: string;
  readonly speaker: string;
  readonly file: string;
  /** Whether its end is a sentence's; where it is not, the recording was cut there. */
  readonly isWhole: boolean;
  /** Speakers are in one of the two alone. */
  readonly part: 'train' | 'test';
  readonly corpus: 'native' | 'learners';
}

/** Recordings of LibriSpeech in ../shared/data/native-read whose text stops within a sentence, or may: the corpus was cut at
 *  silences. Judged by their texts; those of LJ Speech have punctuation. */
const UNFINISHED: ReadonlySet<string> = new Set(
  [
    '26-495-0010 26-495-0055 26-495-0064 26-495-0068 26-495-0070 26-496-0020 1088-134318-0019 1898-145715-0018 1898-145715-0032',
    '19-198-0035 19-198-0036 226-122538-0014 226-122538-0022 226-122538-0025 226-122538-0032 460-172359-0024 460-172359-0061',
    '4680-16042-0012 6272-70171-0033 6848-252323-0028 7312-92432-0000 7312-92432-0001 7312-92432-0007 7312-92432-0009',
    '7312-92432-0015 7312-92432-0018 7367-86737-0004 7367-86737-0108 7859-102519-0012 8629-261139-0025 8629-261139-0046',
    '8629-261139-0055 8629-261139-0065 8629-261139-0071',
  ]
    .join(' ')
    .split(' '),
);

/** Of the native readers' recordings every fourth one, but all of LJ Speech: more would take long and tell little. */
const NATIVE_STEP = 4;
/** Of each learner. */
const LEARNER_RECORDINGS = 1;

/** @param shared  the folder ../shared
 *  @returns native readers (22 speakers) and learners (125), each split by speaker */
export async function turnRecordings(shared: string): Promise<TurnRecording[]> {
  const recordings = [...(await nativeRecordings(shared)), ...(await learnerRecordings(shared))];
  // By the last digits first: speakers and corpora come in turn, so that a part of the list is like the whole.
  const mixed = ({ id }: TurnRecording): string => [...id].reverse().join('');
  return recordings.sort((a, b) => mixed(a).localeCompare(mixed(b)));
}

async function nativeRecordings(shared: string): Promise<TurnRecording[]> {
  const folder = join(shared, 'data/native-read');
  const rows = await readRows(join(folder, 'manifest.tsv'), '\t');
  const speakers = [...new Set(rows.slice(1).map(([, speaker]) => speaker))].sort();
  const chosen = rows.slice(1).filter(([, speaker], i) => speaker === 'LJ' || i % NATIVE_STEP === 0);
  return chosen.map(([id = '', speaker = '', , text = '']) => ({
    id,
    speaker,
    file: join(folder, 'audio', `${id}.opus`),
    isWhole: speaker === 'LJ' ? /[.?!]$/.test(text) : !UNFINISHED.has(id),
    part: speakers.indexOf(speaker) % 2 === 0 ? 'test' : 'train',
    corpus: 'native',
  }));
}

async function learnerRecordings(shared: string): Promise<TurnRecording[]> {
  const folder = join(shared, 'data/speechocean762/train');
  const rows = await readRows(join(folder, 'utt2spk'), ' ');
  const speakers = [...new Set(rows.map(([, speaker]) => speaker))].sort();
  return speakers.flatMap((speaker = '', i) =>
    rows
      .filter((row) => row[1] === speaker)
      .slice(0, LEARNER_RECORDINGS)
      .map(([id = '']) => ({
        id,
        speaker,
        file: join(folder, 'audio', `${id}.opus`),
        isWhole: true,
        part: i % 2 === 0 ? 'test' : 'train',
        corpus: 'learners',
      })),
  );
}

async function readRows(file: string, separator: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(separator));
}
