/** Gives the microphone's samples away: 16-bit chunks of 20 ms, with their loudness (root mean square, 0 to 1). */
const CHUNKS_A_SECOND = 50;

registerProcessor(
  'capture',
  class extends AudioWorkletProcessor {
    length = Math.round(globalThis.sampleRate / CHUNKS_A_SECOND);
    chunk = new Int16Array(this.length);
    filled = 0;
    energy = 0;

    process([[samples]]) {
      for (const sample of samples ?? []) {
        this.chunk[this.filled] = Math.max(-1, Math.min(1, sample)) * 32_767;
        this.energy += sample * sample;
        this.filled += 1;
        if (this.filled === this.length) this.give();
      }
      return true;
    }

    give() {
      const { buffer } = this.chunk;
      this.port.postMessage({ buffer, level: Math.sqrt(this.energy / this.filled) }, [buffer]);
      // What is transferred is gone here.
      this.chunk = new Int16Array(this.length);
      this.filled = 0;
      this.energy = 0;
    }
  },
);
