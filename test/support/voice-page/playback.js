/** Decodes the sentences of replies and plays them one behind the other, measuring what is played. */
export class Playback {
  #context = new AudioContext();
  #queue = Promise.resolve();
  #current;
  #stopped = new Set();
  #ready;
  /** Sum of squares and count of the samples that went to the loudspeaker. */
  #energy = 0;
  #count = 0;

  constructor() {
    this.#ready = this.#measure();
  }

  /** Root mean square of what was played. */
  get level() {
    return Math.sqrt(this.#energy / Math.max(1, this.#count));
  }

  /** Plays a sentence behind those before it. @returns its seconds and whether it was played to its end */
  play(messageId, bytes) {
    const played = this.#queue.then(() => this.#playNow(messageId, bytes));
    this.#queue = played.catch(() => undefined);
    return played;
  }

  /** Nothing more of a reply is played. */
  stop(messageId) {
    this.#stopped.add(messageId);
    this.#current?.stop();
  }

  async #measure() {
    await this.#context.audioWorklet.addModule('/tap.js');
    const tap = new AudioWorkletNode(this.#context, 'tap', { channelCount: 1, channelCountMode: 'explicit' });
    tap.port.onmessage = ({ data }) => {
      for (const sample of data) this.#energy += sample * sample;
      this.#count += data.length;
    };
    tap.connect(this.#context.destination);
    return tap;
  }

  async #playNow(messageId, bytes) {
    const tap = await this.#ready;
    const buffer = await this.#context.decodeAudioData(bytes);
    if (this.#stopped.has(messageId)) return { seconds: buffer.duration, isWhole: false };
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(tap);
    const ended = new Promise((resolve) => (source.onended = resolve));
    this.#current = source;
    source.start();
    await ended;
    this.#current = undefined;
    source.disconnect();
    return { seconds: buffer.duration, isWhole: !this.#stopped.has(messageId) };
  }
}
