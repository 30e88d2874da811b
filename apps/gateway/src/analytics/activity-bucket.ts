import type { Activity, SpeechScoresJson } from '@parlance/contracts';

/** What happened in some time. Means are null where nothing has one. */
export interface WindowTotals {
  readonly learners: number;
  readonly sessions: number;
  readonly turns: number;
  /** Of speech. */
  readonly minutes: number;
  readonly scores: SpeechScoresJson | null;
  readonly endedSessions: number;
  readonly meanSessionSeconds: number | null;
  readonly errors: readonly {
    readonly code: string;
    readonly route: string;
    readonly count: number;
  }[];
}

/** Different errors that are told apart in one bucket; more are counted together. */
const MOST_ERRORS = 200;
const OTHERS = 'other other';
/** Who speaks in one bucket: so many are told apart. */
const MOST_NAMES = 100_000;

/** Sums over activities; those of several buckets add up. */
export class ActivityBucket {
  private readonly learners = new Set<string>();
  private readonly sessions = new Set<string>();
  private readonly errors = new Map<string, number>();
  private readonly scoreSums = new Map<string, number>();
  private turns = 0;
  private speechMs = 0;
  private scoredTurns = 0;
  private endedSessions = 0;
  private sessionMs = 0;

  add(activity: Activity): void {
    if (activity.kind === 'error') return this.addErrors(`${activity.code} ${activity.route}`, 1);
    if (activity.learner !== undefined) addName(this.learners, activity.learner);
    if (activity.kind === 'session') {
      this.endedSessions += 1;
      this.sessionMs += activity.durationMs;
      return;
    }
    addName(this.sessions, activity.session);
    this.turns += 1;
    this.speechMs += activity.speechMs;
    if (!activity.scores) return;
    this.scoredTurns += 1;
    for (const [name, score] of Object.entries(activity.scores)) this.addScores(name, score);
  }

  include(other: ActivityBucket): void {
    for (const learner of other.learners) addName(this.learners, learner);
    for (const session of other.sessions) addName(this.sessions, session);
    for (const [error, count] of other.errors) this.addErrors(error, count);
    for (const [name, sum] of other.scoreSums) this.addScores(name, sum);
    this.turns += other.turns;
    this.speechMs += other.speechMs;
    this.scoredTurns += other.scoredTurns;
    this.endedSessions += other.endedSessions;
    this.sessionMs += other.sessionMs;
  }

  totals(): WindowTotals {
    const { learners, sessions, turns, endedSessions, scoredTurns } = this;
    const means = [...this.scoreSums].map(([name, sum]) => [name, rounded(sum / scoredTurns, 10)] as const);
    return {
      ...{ learners: learners.size, sessions: sessions.size, turns },
      minutes: rounded(this.speechMs / 60_000, 100),
      scores: scoredTurns === 0 ? null : (Object.fromEntries(means) as unknown as SpeechScoresJson),
      endedSessions,
      meanSessionSeconds: endedSessions === 0 ? null : rounded(this.sessionMs / endedSessions / 1_000, 10),
      errors: [...this.errors]
        .map(([error, count]) => {
          const [code = '', ...route] = error.split(' ');
          return { code, route: route.join(' '), count };
        })
        .sort(
          (one, other) =>
            other.count - one.count || (one.code + one.route < other.code + other.route ? -1 : 1),
        ),
    };
  }

  private addScores(name: string, score: number): void {
    this.scoreSums.set(name, (this.scoreSums.get(name) ?? 0) + score);
  }

  private addErrors(error: string, count: number): void {
    const name = this.errors.has(error) || this.errors.size < MOST_ERRORS ? error : OTHERS;
    this.errors.set(name, (this.errors.get(name) ?? 0) + count);
  }
}

function addName(names: Set<string>, name: string): void {
  if (names.size < MOST_NAMES) names.add(name);
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
