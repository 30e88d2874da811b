import { api, dataOf } from '../api/api-client.js';
import { Microphone } from '../voice/microphone.js';

const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;

/** The answer of an exam: the microphone is open from when the exam begins, so that the browser has asked by then; sound is kept from
 *  `begin` on. */
export class ExamRecording {
  private readonly chunks: ArrayBuffer[] = [];
  private isKept = false;
  private microphone: Microphone | undefined;

  /** To be called in the handler of a click. @throws MicrophoneFault */
  static async open(): Promise<ExamRecording> {
    const recording = new ExamRecording();
    recording.microphone = await Microphone.open(
      ({ buffer }) => {
        if (recording.isKept) recording.chunks.push(buffer);
      },
      () => undefined,
    );
    return recording;
  }

  begin(): void {
    this.isKept = true;
  }

  async close(): Promise<void> {
    await this.microphone?.close();
  }

  /** Closes the microphone and sends what was kept as a turn of a new session. @returns the turn's id @throws ApiFault */
  async send(): Promise<string> {
    const rate = this.microphone?.sampleRateHz ?? 0;
    await this.close();
    const session = dataOf(await api.POST('/api/v1/voice/sessions', { body: {} }));
    const form = new FormData();
    form.set('audio', wavOf(this.chunks, rate), 'answer.wav');
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
