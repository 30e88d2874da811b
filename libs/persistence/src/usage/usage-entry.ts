import type { UsageMark, UsageState } from './usage.repository.js';
import type { UsageCounts, UsageName } from './usage.schema.js';

/** A row, as far as this process knows it. */
export interface UsageEntry {
  readonly name: UsageName;
  /** As the store last had it. */
  stored: UsageCounts;
  /** On its way to the store: added there, or not; until that is known, it stays as it is. */
  sent: { readonly sequence: number; readonly counts: UsageCounts } | undefined;
  /** Counted since. */
  fresh: UsageCounts;
  /** The sequence that the store has of this process' last addition. */
  mark: number | undefined;
  /** Marks of processes that send nothing again. */
  oldMarks: readonly UsageMark[];
  /** What is open here, and in all other processes as far as the store says. */
  openHere: number;
  openElsewhere: number;
  /** Whether the store may have what was open here. */
  isOpenStored: boolean;
  /** Processes that have died without a word. */
  gone: readonly string[];
  /** A limit depends on what others count. */
  isWatched: boolean;
  isRead: boolean;
  /** Counts what has changed of `stored` and `sent`: an answer to an older question says nothing. */
  epoch: number;
  usedAt: number;
}

/** An addition of which nobody knows whether it arrived is sent again for so long; the mark that tells is kept twice as long, since the
 *  clocks of processes differ. */
const SENT_AGAIN_MS = 86_400_000;
/** Marks of a row that are removed at once. */
const MOST_OLD_MARKS = 100;

export function newEntry(name: UsageName, now: number): UsageEntry {
  return {
    name,
    stored: {},
    sent: undefined,
    fresh: {},
    mark: undefined,
    oldMarks: [],
    openHere: 0,
    openElsewhere: 0,
    isOpenStored: false,
    gone: [],
    isWatched: false,
    isRead: false,
    epoch: 0,
    usedAt: now,
  };
}

/** Whether the mark that tells of its arrival is there for sure, if it has arrived. */
export function mayBeSent({ sequence }: NonNullable<UsageEntry['sent']>, now: number): boolean {
  return now - sequence <= SENT_AGAIN_MS;
}

/** Notes whether what was sent has arrived, by the marks that its row has. What was sent too long ago to know is not sent again: nothing
 *  is added twice. */
export function readMarks(
  entry: UsageEntry,
  applied: UsageState['applied'],
  ownWriter: string,
  now: number,
): void {
  const { [ownWriter]: own, ...others } = applied;
  const { sent } = entry;
  entry.mark = own;
  if (sent && (sent.sequence === own || !mayBeSent(sent, now))) entry.sent = undefined;
  entry.oldMarks = Object.entries(others)
    .filter(([, sequence]) => now - sequence > 2 * SENT_AGAIN_MS)
    .slice(0, MOST_OLD_MARKS)
    .map(([writer, sequence]) => ({ name: entry.name, writer, sequence }));
}
