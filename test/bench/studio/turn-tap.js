/** Runs in the page before its own scripts, and notes when a spoken turn passes it: performance.now(), milliseconds. */
{
  /** Of full scale: what is below is silence. The recording ends louder, and is followed by none. */
  const LOUD = 0.01;

  const nothing = {
    spokenAt: 0,
    sentAt: 0,
    receivedAt: 0,
    startedAt: 0,
    baseLatencyMs: 0,
    deviceLatencyMs: 0,
  };
  const notes = { ...nothing, forget: () => Object.assign(notes, nothing) };
  globalThis.turnTap = notes;
  const { performance } = globalThis;

  /** When the microphone gave the last loud sample. Frames carry their own clock, which a busy page does not delay. */
  async function follow(track) {
    const reader = new globalThis.MediaStreamTrackProcessor({ track }).readable.getReader();
    let offset = Infinity;
    for (;;) {
      const { done, value: frame } = await reader.read();
      if (done) return;
      const samples = new Float32Array(frame.numberOfFrames);
      frame.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const endMs = (frame.timestamp + frame.duration) / 1_000;
      offset = Math.min(offset, performance.now() - endMs);
      const last = samples.findLastIndex((sample) => Math.abs(sample) > LOUD);
      if (last >= 0)
        notes.spokenAt = endMs + offset - (1_000 * (samples.length - 1 - last)) / frame.sampleRate;
      frame.close();
    }
  }

  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    const [track] = stream.getAudioTracks();
    const copy = track.clone();
    void follow(copy);
    const stop = track.stop.bind(track);
    track.stop = () => {
      copy.stop();
      stop();
    };
    return stream;
  };

  /** Chunks go out as frames of 16-bit samples; nothing but the sound of replies comes in as a binary frame. */
  globalThis.WebSocket = class extends globalThis.WebSocket {
    constructor(...values) {
      super(...values);
      this.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') notes.receivedAt ||= performance.now();
      });
    }

    send(data) {
      if (data instanceof ArrayBuffer && new Int16Array(data).some((one) => Math.abs(one) > LOUD * 32_768))
        notes.sentAt = performance.now();
      super.send(data);
    }
  };

  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...values) {
    const { baseLatency, outputLatency = 0 } = this.context;
    if (notes.startedAt === 0)
      Object.assign(notes, {
        startedAt: performance.now(),
        baseLatencyMs: 1_000 * baseLatency,
        deviceLatencyMs: 1_000 * outputLatency,
      });
    start.apply(this, values);
  };
}
