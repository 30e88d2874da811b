const CHUNK_MS = 250;
/** Of raw samples. */
const RATE_HZ = 16_000;

function openMicrophone() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** WebM of MediaRecorder. @param onChunk  is given each Blob @returns what stops it, when all chunks have been given */
export async function recordWebm(onChunk) {
  const stream = await openMicrophone();
  const recorder = new MediaRecorder(stream, { mimeType: 'audio/webm;codecs=opus' });
  recorder.ondataavailable = ({ data }) => onChunk(data);
  recorder.start(CHUNK_MS);
  return async () => {
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await stopped;
    for (const track of stream.getTracks()) track.stop();
  };
}

/** 16-bit samples at 16 kHz of an AudioWorklet. @param onChunk  is given each ArrayBuffer @returns what stops it */
export async function recordPcm(onChunk) {
  const stream = await openMicrophone();
  const context = new AudioContext({ sampleRate: RATE_HZ });
  await context.audioWorklet.addModule('/tap.js');
  const tap = new AudioWorkletNode(context, 'tap', { channelCount: 1, channelCountMode: 'explicit' });
  let chunk = new Int16Array((RATE_HZ * CHUNK_MS) / 1_000);
  let filled = 0;
  tap.port.onmessage = ({ data }) => {
    for (const sample of data) {
      chunk[filled] = Math.max(-1, Math.min(1, sample)) * 32_767;
      filled += 1;
      if (filled < chunk.length) continue;
      onChunk(chunk.buffer);
      chunk = new Int16Array(chunk.length);
      filled = 0;
    }
  };
  new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(tap);
  // What leads nowhere may not be processed; nobody is to hear themselves.
  tap.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  return async () => {
    for (const track of stream.getTracks()) track.stop();
    await context.close();
  };
}
