import type { TurnView } from './turn-view.js';
import type { Gateway } from './platform.js';
import { readFileSync } from 'node:fs';
import { speechFile } from './speech-samples.js';
import { until } from './until.js';

export interface TurnAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly turn: TurnView;
}

/** Speaks a recording as a turn and waits for what the gateway answers. */
export async function startTurn(
  gateway: Gateway,
  recording: string,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<TurnAnswer> {
  const form = new FormData();
  form.set('audio', new Blob([readFileSync(speechFile(recording))]), 'turn.opus');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const answer = await gateway.fetch('/api/v1/turns', { method: 'POST', body: form, headers });
  return { status: answer.status, headers: answer.headers, turn: (await answer.json()) as TurnView };
}

/** The turn once it is complete, asked for as a client that polls. */
export function completeTurn(gateway: Gateway, id: string, limitMs = 60_000): Promise<TurnView> {
  return until(async () => {
    const answer = await gateway.fetch(`/api/v1/turns/${id}`);
    const turn = (await answer.json()) as TurnView;
    return turn.status === 'complete' ? turn : undefined;
  }, limitMs);
}
