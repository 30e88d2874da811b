/** What a web application does with the namespace /voice: records the microphone, plays replies, says when they are played. */
import { io } from '/socket.io-client.js';
import { recordPcm, recordWebm } from '/microphone.js';
import { Playback } from '/playback.js';

const RECORDERS = { webm: recordWebm, pcm: recordPcm };
const METADATA = {
  webm: { mimeType: 'audio/webm;codecs=opus' },
  pcm: { encoding: 'linear16', sampleRate: 16_000, channels: 1 },
};

const playback = new Playback();
/** Sentences by their reply: how many there are, and how many were played to their end. */
const replies = new Map();
let socket;
let sessionId;
let stopMicrophone;
let unanswered = [];

/** What the test reads. */
const view = {
  events: [],
  acknowledgements: [],
  played: [],
  get level() {
    return playback.level;
  },
};

function ask(name, event = {}) {
  return socket.timeout(30_000).emitWithAck(name, { sessionId, ...event });
}

function replyOf(messageId) {
  if (!replies.has(messageId)) replies.set(messageId, { sentences: Infinity, played: 0 });
  return replies.get(messageId);
}

async function tellWhenPlayed(messageId) {
  const reply = replyOf(messageId);
  if (reply.played < reply.sentences) return;
  reply.sentences = Infinity;
  view.acknowledgements.push(['voice:tts-complete', await ask('voice:tts-complete', { messageId })]);
}

async function onResponse({ messageId, metadata, audio, shouldSpeak }) {
  if (metadata.part === 'reply') replyOf(messageId).sentences = metadata.sentences;
  if (audio && shouldSpeak) {
    const { durationMs, index } = audio;
    const { seconds, isWhole } = await playback.play(messageId, audio.data);
    view.played.push({ messageId, index, durationMs, seconds, isWhole });
    if (!isWhole) return;
    replyOf(messageId).played += 1;
  }
  await tellWhenPlayed(messageId);
}

/** Connects and joins a new session. */
async function join(url, token, settings) {
  socket = io(`${url}/voice`, { transports: ['websocket'], auth: { token }, reconnection: false });
  socket.onAny((name, event) => {
    const { audio, ...rest } = event;
    view.events.push({ name, event: { ...rest, ...(audio ? { audioBytes: audio.data.byteLength } : {}) } });
  });
  socket.on('voice:response', (event) => void onResponse(event));
  socket.on('voice:interrupted', ({ messageId }) => playback.stop(messageId));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  ({ sessionId } = await ask('voice:join', { settings }));
  return sessionId;
}

/** Sends what the microphone records. @param format `webm` or `pcm` */
async function startRecording(format) {
  const started = await ask('voice:start-recording', { metadata: METADATA[format] });
  let chunkIndex = 0;
  unanswered = [];
  stopMicrophone = await RECORDERS[format]((audioChunk) => {
    unanswered.push(ask('voice:audio-chunk', { audioChunk, chunkIndex }));
    chunkIndex += 1;
  });
  return started;
}

async function stopRecording() {
  await stopMicrophone();
  const chunks = await Promise.all(unanswered);
  return { stopped: await ask('voice:stop-recording'), chunks };
}

async function end() {
  const ended = await ask('voice:end');
  socket.disconnect();
  return ended;
}

globalThis.voicePage = { view, join, startRecording, stopRecording, end };
