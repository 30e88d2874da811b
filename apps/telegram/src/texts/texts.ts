import type { Streak } from '@parlance/persistence';
import type { ExamPrompt } from '@parlance/practice';

/** Everything that the bot says in one language. Texts are Telegram's HTML: what comes from elsewhere is escaped by the caller. */
export interface Texts {
  readonly languageName: string;
  /** What a command does, for Telegram's menu and the help. */
  readonly commands: Readonly<Record<CommandName, string>>;
  readonly welcome: string;
  readonly help: string;
  readonly task: (task: ExamPrompt, position: { readonly number: number; readonly of: number }) => string;
  readonly noTaskYet: string;
  readonly voiceWanted: string;
  readonly forwarded: string;
  readonly otherMedia: string;
  readonly privateOnly: string;
  readonly tooLong: (seconds: number) => string;
  readonly tooLarge: (megabytes: number) => string;
  readonly tooManyMessages: (seconds: number) => string;
  readonly tooManyVoices: (perHour: number, minutes: number) => string;
  readonly busy: (seconds: number) => string;
  readonly nothingSaid: string;
  readonly audioUnreadable: string;
  readonly platformDown: (seconds: number) => string;
  readonly failed: string;
  readonly speechFailed: string;
  readonly result: {
    readonly score: (overall: number) => string;
    readonly scores: Readonly<Record<'fluency' | 'pace' | 'pauses' | 'soundQuality', string>>;
    readonly delivery: (figures: {
      wordsPerMinute: number;
      longestPause: string;
      spoken: number;
      allowed: number;
    }) => string;
    readonly tooShort: string;
    readonly overTime: string;
    readonly understood: string;
    readonly offTopic: string;
    readonly rubric: string;
    readonly corrections: string;
    readonly noCorrections: string;
    readonly suggestions: string;
    readonly improved: string;
    readonly example: string;
    readonly next: string;
  };
  readonly history: {
    readonly title: (page: number, pages: number) => string;
    readonly empty: string;
    readonly newer: string;
    readonly older: string;
  };
  readonly streak: (streak: Streak, timeZone: string) => string;
  readonly timeZone: { readonly set: (zone: string) => string; readonly ask: (zone: string) => string };
  readonly language: { readonly ask: string; readonly set: string };
  readonly stop: {
    readonly ask: string;
    readonly yes: string;
    readonly no: string;
    readonly done: string;
    readonly left: string;
  };
}

export const COMMANDS = ['task', 'history', 'streak', 'language', 'timezone', 'help', 'stop'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** `1 day`, `2 days`. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
