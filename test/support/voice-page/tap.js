/** Posts the samples that pass through it. */
registerProcessor(
  'tap',
  class extends AudioWorkletProcessor {
    process([[samples]], [[output]]) {
      if (samples) {
        this.port.postMessage(samples.slice());
        output?.set(samples);
      }
      return true;
    }
  },
);
