import { access } from '../api/api-client.js';
import { Microphone } from '../voice/microphone.js';

/** An event of `/v1/listen` as it came. */
export interface LiveEvent {
  /** Since the first sound was sent, milliseconds. */
  readonly atMs: number;
  readonly text: string;
}

export interface LiveLatency {
  /** From the first sound sent to the first interim with a word. */
  readonly firstInterimMs: number | undefined;
  /** From the last sound sent to the last final. */
  readonly lastFinalMs: number | undefined;
}

interface Results {
  readonly type?: string;
  readonly is_final?: boolean;
  readonly channel?: { readonly alternatives?: readonly { readonly transcript?: string }[] };
}

const OPEN_LIMIT_MS = 10_000;

/** Speech that is recognised live by `/v1/listen`, whose events are shown raw. */
export class LiveListening {
  private socket: WebSocket | undefined;
  private microphone: Microphone | undefined;
  private begun: number | undefined;
  private lastSent = 0;
  private readonly latency: { firstInterimMs?: number; lastFinalMs?: number } = {};

  /** @param onEvent  is told each event @param onEnd  is told why it is over, empty where nothing is wrong */
  constructor(
    private readonly onEvent: (event: LiveEvent) => void,
    private readonly onEnd: (latency: LiveLatency, fault: string) => void,
  ) {}

  /** @param query  options of `/v1/listen` @throws MicrophoneFault, Error where the socket does not open in time */
  async start(query: Readonly<Record<string, string>>): Promise<void> {
    const microphone = await Microphone.open(
      ({ buffer }) => this.send(buffer),
      () => this.stop(),
    );
    this.microphone = microphone;
    const options = new URLSearchParams({
      encoding: 'linear16',
      sample_rate: String(microphone.sampleRateHz),
      interim_results: 'true',
      vad_events: 'true',
      ...query,
    });
    const token = (await access.token()) ?? '';
    const address = `${location.origin.replace(/^http/, 'ws')}/v1/listen?${options}`;
    // The subprotocol carries the token: an address would stand in logs.
    const socket = new WebSocket(address, ['token', token]);
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => this.receive(String(data)));
    socket.addEventListener('close', ({ code, reason }) => {
      void microphone.close();
      const { firstInterimMs, lastFinalMs } = this.latency;
      this.onEnd({ firstInterimMs, lastFinalMs }, code === 1000 ? '' : reason || `WebSocket ${code}`);
    });
    setTimeout(() => {
      if (socket.readyState === WebSocket.CONNECTING) socket.close();
    }, OPEN_LIMIT_MS);
  }

  /** Ends the microphone; what is still to come comes. */
  stop(): void {
    void this.microphone?.close();
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: 'CloseStream' }));
    else this.socket?.close();
  }

  private send(buffer: ArrayBuffer): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.lastSent = performance.now();
    this.begun ??= this.lastSent;
    this.socket.send(buffer);
  }

  private receive(text: string): void {
    const now = performance.now();
    this.onEvent({ atMs: Math.round(now - (this.begun ?? now)), text });
    const { type, is_final: isFinal, channel } = JSON.parse(text) as Results;
    const hasWords = (channel?.alternatives?.[0]?.transcript ?? '') !== '';
    if (type !== 'Results' || !hasWords) return;
    if (isFinal) this.latency.lastFinalMs = Math.round(now - this.lastSent);
    else this.latency.firstInterimMs ??= Math.round(now - (this.begun ?? now));
  }
}
