import { decodeRecording } from '@parlance/cli/audio/recording';
import { trimmed, type SpokenUtterance } from '@parlance/cli/bench/spoken-script';
import { readUtterances } from '../speech-sample.js';

/** Read speech for live streams, and its text, utterance by utterance. */
export interface LiveSpeech {
  readonly utterances: readonly SpokenUtterance[];
  readonly texts: readonly string[];
}

/** So many recordings of 3 to 12 s, trimmed to their sound. */
export async function liveSpeech(shared: string, count: number): Promise<LiveSpeech> {
  const chosen = (await readUtterances(shared)).filter(({ seconds }) => seconds >= 3 && seconds <= 12);
  const utterances: SpokenUtterance[] = [];
  for (const { file } of chosen.slice(0, count))
    utterances.push({ pcm: trimmed(await decodeRecording(file)) });
  return { utterances, texts: chosen.slice(0, count).map(({ text }) => text) };
}
