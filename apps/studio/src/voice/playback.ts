/** A spoken sentence of a reply. */
export interface SpokenSentence {
  readonly messageId: string;
  readonly index: number;
  readonly bytes: ArrayBuffer;
  readonly words: readonly { readonly startMs: number; readonly endMs: number }[];
}

/** Which word is played now; undefined when nothing is played. */
export interface PlaybackPosition {
  readonly messageId: string;
  readonly index: number;
  readonly word: number;
}

/** Plays the sentences of replies one behind the other. */
export class ReplyPlayback {
  private context: AudioContext | undefined;
  private queue: Promise<void> = Promise.resolve();
  private current: { source: AudioBufferSourceNode; messageId: string } | undefined;
  private readonly stopped = new Set<string>();

  /** @param onPosition  is told the word that is played, at each frame of the screen while something is played */
  constructor(private readonly onPosition: (position: PlaybackPosition | undefined) => void) {}

  /** Whether the browser lets sound be played: it wants a click before. */
  get isAllowed(): boolean {
    return this.context?.state !== 'suspended';
  }

  /** To be called in the handler of a click. */
  async allow(): Promise<void> {
    this.context ??= new AudioContext();
    await this.context.resume();
  }

  /** Plays a sentence behind those before it. @returns whether it was played to its end */
  play(sentence: SpokenSentence): Promise<boolean> {
    const played = this.queue.then(() => this.playNow(sentence));
    this.queue = played.then(
      () => undefined,
      () => undefined,
    );
    return played;
  }

  async pause(): Promise<void> {
    await this.context?.suspend();
  }

  async resume(): Promise<void> {
    await this.context?.resume();
  }

  /** Nothing more of a reply is played. */
  stop(messageId: string): void {
    this.stopped.add(messageId);
    if (this.current?.messageId === messageId) this.current.source.stop();
    void this.resume();
  }

  async close(): Promise<void> {
    this.current?.source.stop();
    await this.context?.close();
    this.context = undefined;
  }

  private async playNow({ messageId, index, bytes, words }: SpokenSentence): Promise<boolean> {
    this.context ??= new AudioContext();
    const { context } = this;
    const buffer = await context.decodeAudioData(bytes.slice(0));
    if (this.stopped.has(messageId) || context.state === 'closed') return false;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    const ended = new Promise((resolve) => source.addEventListener('ended', resolve));
    this.current = { source, messageId };
    const begun = context.currentTime;
    source.start();
    let isOver = false;
    const follow = (): void => {
      if (isOver) return;
      const playedMs = (context.currentTime - begun) * 1_000;
      this.onPosition({ messageId, index, word: words.findLastIndex(({ startMs }) => startMs <= playedMs) });
      requestAnimationFrame(follow);
    };
    follow();
    await ended;
    isOver = true;
    this.current = undefined;
    source.disconnect();
    this.onPosition(undefined);
    return !this.stopped.has(messageId);
  }
}
