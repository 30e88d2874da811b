import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { until } from '../../support/until.js';

/** How long one spoken turn may take. */
const TURN_LIMIT_MS = 60_000;

/** What `turn-tap.js` notes of a turn, milliseconds of the page's clock. */
interface TurnNotes {
  /** The microphone gave the last sample of the speech. */
  readonly spokenAt: number;
  /** The page sent it. */
  readonly sentAt: number;
  /** The first sound of the reply came. */
  readonly receivedAt: number;
  /** The browser was told to play it. */
  readonly startedAt: number;
  /** What the browser's own mixing adds, and what it says of the loudspeaker's device (Web Audio API, `baseLatency` and
   *  `outputLatency`). */
  readonly baseLatencyMs: number;
  readonly deviceLatencyMs: number;
}

/** Of one turn: what the API took between the page's socket and back, what the page and the browser added before and behind, and what the
 *  loudspeaker's device adds whoever plays, milliseconds. */
export interface PlayedTurn {
  readonly apiMs: number;
  readonly beforeMs: number;
  readonly behindMs: number;
  readonly deviceMs: number;
}

/** Has the page note turns; to be called before it is loaded. */
export async function tapTurns(page: Page, root: string): Promise<void> {
  await page.addInitScript({ path: join(root, 'test/bench/studio/turn-tap.js') });
}

/** Speaks turns on the page for talking: the microphone plays its recording each time that it is opened.
 *  @throws Error where a turn has no spoken reply */
export async function playTurns(page: Page, count: number): Promise<PlayedTurn[]> {
  const turns: PlayedTurn[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    await page.evaluate('turnTap.forget()');
    await page.getByRole('button', { name: 'Start talking' }).click();
    await until(() => page.evaluate<boolean>('turnTap.startedAt > 0'), TURN_LIMIT_MS);
    const notes = await page.evaluate<TurnNotes>('({ ...turnTap })');
    turns.push({
      apiMs: notes.receivedAt - notes.sentAt,
      beforeMs: notes.sentAt - notes.spokenAt,
      behindMs: notes.startedAt - notes.receivedAt + notes.baseLatencyMs,
      deviceMs: notes.deviceLatencyMs,
    });
    await page.getByRole('button', { name: 'Stop listening' }).click();
    // The next one must not be an interruption.
    await page.getByText('Your turn.').waitFor({ timeout: TURN_LIMIT_MS });
  }
  return turns;
}
