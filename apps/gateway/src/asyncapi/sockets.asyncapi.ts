import type { z } from 'zod';
import {
  learnEventSchema,
  learnMessageSchema,
  listenControlSchema,
  listenEventSchema,
  listenQuerySchema,
  realtimeEventSchema,
  realtimeMessageSchema,
  realtimeQuerySchema,
  speakEventSchema,
  speakMessageSchema,
  speakSocketQuerySchema,
  streamEventSchema,
  streamMessageSchema,
  VOICE_CLIENT_EVENTS,
  VOICE_NAMESPACE,
  VOICE_SERVER_EVENTS,
  voiceAcknowledgementSchema,
} from '@parlance/contracts';
import { LISTEN_PATH, SPEAK_PATH } from '../http/deepgram/deepgram-faults.js';
import { LEARN_PATH, REALTIME_PATH, STREAM_PATH } from '../websocket/socket-apis.gateway.js';
import { messagesOf, type SocketMessages, type SocketProtocol } from './socket-protocol.js';

const LISTEN_PROTOCOL: SocketProtocol = {
  name: 'listen',
  address: LISTEN_PATH,
  title: 'Live speech',
  description:
    'Audio in binary frames, interims and finals back; with converse=true every utterance is answered.',
  query: listenQuerySchema,
  fromClient: {
    Audio: { summary: 'In the encoding of the query.', contentType: 'application/octet-stream' },
    Control: { summary: 'Finalize, KeepAlive or CloseStream.', schema: listenControlSchema },
  },
  toClient: {
    ...messagesOf(listenEventSchema),
    Speech: {
      summary: 'With audio=true: the audio of the SpeechReady event before it.',
      contentType: 'application/octet-stream',
    },
  },
};

const LEARN_PROTOCOL: SocketProtocol = {
  name: 'learn',
  address: LEARN_PATH,
  title: 'Learning sessions',
  description:
    'A learner speaks, is answered aloud, and gets feedback on each turn and a summary at the end.',
  fromClient: {
    ...messagesOf(learnMessageSchema),
    samples: {
      summary: 'As `audio`: 16 kHz 16-bit little-endian mono.',
      contentType: 'application/octet-stream',
    },
  },
  toClient: messagesOf(learnEventSchema),
};

const STREAM_PROTOCOL: SocketProtocol = {
  name: 'stream',
  address: STREAM_PATH,
  title: 'Raw PCM',
  description: 'A token, then audio; transcripts back, and a report of errors and words at the end.',
  fromClient: {
    token: { summary: 'The first message: an API key or access token.', contentType: 'text/plain' },
    samples: {
      summary: '16 kHz 16-bit little-endian mono, usually 250 ms.',
      contentType: 'application/octet-stream',
    },
    end: { schema: streamMessageSchema },
  },
  toClient: messagesOf(streamEventSchema),
};

const REALTIME_PROTOCOL: SocketProtocol = {
  name: 'realtime',
  address: REALTIME_PATH,
  title: 'OpenAI Realtime',
  description:
    "Base64 audio in, items and their transcripts out, and in conversations responses with their audio, as OpenAI's clients speak. " +
    'The key comes in the Authorization header or as the subprotocol openai-insecure-api-key.KEY beside realtime; for transcription a ' +
    'client secret of POST /v1/realtime/client_secrets does as well.',
  query: realtimeQuerySchema,
  fromClient: messagesOf(realtimeMessageSchema),
  toClient: messagesOf(realtimeEventSchema),
};

const SPEAK_PROTOCOL: SocketProtocol = {
  name: 'speak',
  address: SPEAK_PATH,
  title: "Speech, as Deepgram's clients ask for it",
  description: 'Texts in as they come, their audio back in binary frames.',
  query: speakSocketQuerySchema,
  fromClient: messagesOf(speakMessageSchema),
  toClient: {
    ...messagesOf(speakEventSchema),
    Audio: { summary: 'In the encoding of the query.', contentType: 'application/octet-stream' },
  },
};

/** Each event is a message by its name; its payload is the event's one argument. */
const eventsOf = (events: Readonly<Record<string, z.ZodType>>): SocketMessages =>
  Object.fromEntries(Object.entries(events).map(([name, schema]) => [name, { schema }]));

const VOICE_PROTOCOL: SocketProtocol = {
  name: 'voice',
  address: VOICE_NAMESPACE,
  title: 'Live conversation over Socket.IO',
  description:
    'A namespace of Socket.IO 4 at the path /socket.io. The token comes as auth.token or in the Authorization header. ' +
    'Every event of the client is acknowledged.',
  fromClient: eventsOf(VOICE_CLIENT_EVENTS),
  toClient: {
    ...eventsOf(VOICE_SERVER_EVENTS),
    acknowledgement: { summary: 'Of every event of the client.', schema: voiceAcknowledgementSchema },
  },
};

/** Every protocol of sockets there is. */
export const SOCKET_PROTOCOLS: readonly SocketProtocol[] = [
  LISTEN_PROTOCOL,
  LEARN_PROTOCOL,
  STREAM_PROTOCOL,
  REALTIME_PROTOCOL,
  SPEAK_PROTOCOL,
  VOICE_PROTOCOL,
];
