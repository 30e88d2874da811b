import { setTimeout as delay } from 'node:timers/promises';
import { BYTES_PER_MS } from '../audio/recording.js';
import type { SpokenUtterance } from './spoken-script.js';

/** As a microphone's client sends: a frame each 50 ms, when it has been spoken. */
const FRAME_MS = 50;
const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;
/** Silence sent after the last word, like speech. */
const AFTERMATH_MS = 2_500;

export interface Script {
  readonly utterances: readonly SpokenUtterance[];
  /** Of which utterance the stream speaks first; streams that start apart say different things at a time. */
  readonly first: number;
  readonly pauseMs: number;
  /** No utterance begins later than this. */
  readonly seconds: number;
}

/** An utterance as it was said: its place in the script's list, and its times in the stream, ms. */
export interface ScriptTurn {
  readonly utterance: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Lays out a script before it is played: its turns with their times, and the samples of the whole stream. */
export function layOut({ utterances, first, pauseMs, seconds }: Script): {
  readonly turns: readonly ScriptTurn[];
  readonly pcm: Buffer;
} {
  const turns: ScriptTurn[] = [];
  const chunks: Buffer[] = [Buffer.alloc(Math.round(pauseMs / 4) * BYTES_PER_MS)];
  let at = Math.round(pauseMs / 4);
  for (let next = first; at < seconds * 1000; next++) {
    const utterance = next % utterances.length;
    const { pcm } = utterances[utterance] as SpokenUtterance;
    const length = Math.floor(pcm.length / BYTES_PER_MS);
    turns.push({ utterance, startMs: at, endMs: at + length });
    chunks.push(pcm.subarray(0, length * BYTES_PER_MS), Buffer.alloc(pauseMs * BYTES_PER_MS));
    at += length + pauseMs;
  }
  chunks.push(Buffer.alloc(Math.max(0, AFTERMATH_MS - pauseMs) * BYTES_PER_MS));
  return { turns, pcm: Buffer.concat(chunks) };
}

/** Sends the samples as they are spoken, from now on. @param send may take its time; the clock goes on */
export async function speak(
  pcm: Buffer,
  send: (frame: Buffer) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  for (let at = 0; at < pcm.length && !signal.aborted; at += FRAME_BYTES) {
    const due = (at + FRAME_BYTES) / BYTES_PER_MS - (performance.now() - begun);
    if (due > 0) await delay(due);
    await send(pcm.subarray(at, at + FRAME_BYTES));
  }
}
