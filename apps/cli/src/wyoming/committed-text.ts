import type { ListenEvent } from '@parlance/contracts';

type Results = Extract<ListenEvent, { type: 'Results' }>;

const SEPARATOR = ' ';

/** The text of a recording while it is spoken: what is committed of it comes as deltas, which nothing takes back. */
export class CommittedText {
  private finals = '';
  private sent = '';
  private foundLanguage: string | undefined;

  /** @returns what is new of the text that will not change; empty: nothing */
  push({ is_final: isFinal, stable_length: stable, language, channel }: Results): string {
    const transcript = channel.alternatives[0]?.transcript ?? '';
    const text = [this.finals, (isFinal ? transcript : transcript.slice(0, stable)).trim()]
      .filter((part) => part !== '')
      .join(SEPARATOR);
    if (isFinal) {
      this.finals = text;
      this.foundLanguage ??= language || undefined;
    }
    // Another pod that goes on for a lost one may have another text: it is whole in the transcript alone.
    if (!text.startsWith(this.sent)) return '';
    const delta = text.slice(this.sent.length);
    this.sent = text;
    return delta;
  }

  /** All finals. */
  get text(): string {
    return this.finals;
  }

  /** Of the first final. */
  get language(): string | undefined {
    return this.foundLanguage;
  }
}
