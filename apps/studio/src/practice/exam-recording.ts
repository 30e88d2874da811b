import { api, dataOf } from '../api/api-client.js';
import { joinedChunks, Microphone, type MicrophoneChunk } from '../voice/microphone.js';
import { keepSound, keptSound } from './exam-progress.js';

const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;

/** Below it for so long nobody speaks into the microphone. */
const SILENT_LEVEL = 0.002;
const SILENT_SECONDS = 6;

export type ExamProblem = 'gone' | 'silent';

/** The answer of an exam: the microphone is open from when the exam begins, so that the browser has asked by then; sound is kept from
 *  `begin` on, by the tab as well, which may load the page again. */
export class ExamRecording {
  private parts: ArrayBuffer[] = [];
  private chunks: ArrayBuffer[] = [];
  private isKept = false;
  private microphone: Microphone | undefined;
  private sampleRateHz = 0;
  private silentSeconds = 0;
  private now: ExamProblem | undefined;
  private readonly listeners = new Set<() => void>();

  /** To be called in the handler of a click. @param isResumed  whether what the tab has kept is its beginning @throws MicrophoneFault */
  static async open(isResumed = false): Promise<ExamRecording> {
    const recording = new ExamRecording();
    await recording.reopen();
    if (!isResumed) return recording;
    const { sampleRateHz, parts } = keptSound();
    if (sampleRateHz === recording.sampleRateHz) recording.parts = [...parts];
    return recording;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  /** What a person has to know of the microphone. */
  readonly problem = (): ExamProblem | undefined => this.now;

  /** Opens the microphone, the second time behind one that has gone. @throws MicrophoneFault */
  async reopen(): Promise<void> {
    this.microphone = await Microphone.open(
      (chunk) => this.push(chunk),
      () => {
        void this.close();
        this.tell('gone');
      },
    );
    // A device of another rate can not go on with what there is.
    if (this.sampleRateHz !== this.microphone.sampleRateHz) [this.parts, this.chunks] = [[], []];
    this.sampleRateHz = this.microphone.sampleRateHz;
    this.tell(undefined);
  }

  begin(): void {
    this.isKept = true;
  }

  async close(): Promise<void> {
    const { microphone } = this;
    this.microphone = undefined;
    await microphone?.close();
  }

  /** Closes the microphone and sends what was kept as a turn of a new session. @returns the turn's id @throws ApiFault */
  async send(): Promise<string> {
    this.isKept = false;
    await this.close();
    const session = dataOf(await api.POST('/api/v1/voice/sessions', { body: {} }));
    const form = new FormData();
    form.set('audio', wavOf([...this.parts, ...this.chunks], this.sampleRateHz), 'answer.wav');
    form.set('speak', 'false');
    const turn = dataOf(
      await api.POST('/api/v1/voice/sessions/{id}/upload-audio', {
        params: { path: { id: session.id } },
        body: { audio: '' },
        bodySerializer: () => form,
      }),
    );
    return turn.id;
  }

  /** Sound is kept by the second. */
  private push({ buffer, level }: MicrophoneChunk): void {
    if (!this.isKept) return;
    this.chunks.push(buffer);
    const seconds = buffer.byteLength / SAMPLE_BYTES / this.sampleRateHz;
    this.silentSeconds = level < SILENT_LEVEL ? this.silentSeconds + seconds : 0;
    if (this.silentSeconds > SILENT_SECONDS) this.tell('silent');
    if (this.silentSeconds === 0 && this.now === 'silent') this.tell(undefined);
    if (this.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0) < this.sampleRateHz * SAMPLE_BYTES)
      return;
    const part = joinedChunks(this.chunks);
    this.chunks = [];
    keepSound(this.parts.length, part, this.sampleRateHz);
    this.parts.push(part);
  }

  private tell(problem: ExamProblem | undefined): void {
    if (problem === this.now) return;
    this.now = problem;
    for (const listener of this.listeners) listener();
  }
}

/** A WAV file (RIFF, one channel of 16-bit PCM) of little-endian samples. */
function wavOf(chunks: readonly ArrayBuffer[], sampleRateHz: number): Blob {
  const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (at: number, letters: string): void =>
    [...letters].forEach((letter, index) => header.setUint8(at + index, letter.charCodeAt(0)));
  text(0, 'RIFF');
  header.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  text(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, sampleRateHz, true);
  header.setUint32(28, sampleRateHz * SAMPLE_BYTES, true);
  header.setUint16(32, SAMPLE_BYTES, true);
  header.setUint16(34, 8 * SAMPLE_BYTES, true);
  text(36, 'data');
  header.setUint32(40, bytes, true);
  return new Blob([header.buffer, ...chunks], { type: 'audio/wav' });
}
