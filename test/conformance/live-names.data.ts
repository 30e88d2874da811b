/** Names of the APIs, settings and commands of live conversation, and the suites that have to say of each what it does. */
export interface NamedGroup {
  readonly about: string;
  /** Patterns of files. In one of them each name has to stand, as a whole word. */
  readonly suites: readonly string[];
  readonly names: readonly string[];
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const VOICE = ['test/e2e/socketio*.spec.ts', 'test/e2e/voice-clients.spec.ts'];
const LEARN = ['test/e2e/learn.spec.ts'];
const REALTIME = ['test/e2e/openai-realtime*.spec.ts', 'apps/gateway/src/websocket/realtime/*.spec.ts'];
const SPEAK = [
  'test/e2e/deepgram-speech.spec.ts',
  'apps/gateway/src/websocket/speak/*.spec.ts',
  'apps/gateway/src/http/deepgram/speak-query.spec.ts',
];
const CONVERSE = ['test/e2e/converse.spec.ts'];
const CONVERSATION = ['test/integration/conversation*.spec.ts', 'apps/conversation/src/**/*.spec.ts'];
const SPEECH = ['test/integration/tts-*.spec.ts', 'apps/tts/src/**/*.spec.ts'];
const SESSIONS = ['test/e2e/voice-sessions.spec.ts'];
const CONFIGURATION = ['{apps,libs}/*/src/**/*.spec.ts', 'test/{e2e,integration}/*.spec.ts'];

export const NAMED_GROUPS: readonly NamedGroup[] = [
  {
    about: 'events of /voice that clients send',
    suites: VOICE,
    names: words(`voice:join voice:start-recording voice:audio-chunk voice:stop-recording voice:text-message
      voice:tts-complete voice:leave voice:end`),
  },
  {
    about: 'fields of the events that clients of /voice send',
    suites: [...VOICE, 'test/e2e/recognition-fallback.spec.ts'],
    names:
      words(`sessionId settings after audioChunk chunkIndex isLastChunk metadata mimeType encoding channels
      audioBlob duration text language messageId`),
  },
  {
    about: 'events that clients of /voice get',
    suites: VOICE,
    names:
      words(`voice:joined voice:recording-started voice:recording-stopped voice:transcribed voice:assessed voice:processing
      voice:response voice:ready voice:interrupted voice:playback-paused voice:playback-resumed voice:error voice:left voice:ended voice:use-browser-stt`),
  },
  {
    about: 'fields of the events that clients of /voice get',
    suites: [...VOICE, 'test/e2e/recognition-fallback.spec.ts'],
    names:
      words(`status settings voiceState sequence chunks text language isFinal transcribing thinking speaking progress
      messageId shouldSpeak audio durationMs metrics message instructions errors missing played degraded`),
  },
  {
    about: 'messages of /v1/learn',
    suites: LEARN,
    names:
      words(`start_session audio end_session get_teaching_modes get_languages get_scenarios get_status welcome
      session_started transcription playback_paused playback_resumed feedback assessment turn_complete session_ended error`),
  },
  {
    about: 'fields of the messages of /v1/learn',
    suites: LEARN,
    names:
      words(`user_external_id mother_language target_language user_level teaching_mode scenario_id data is_final
      opening sample_rate duration_ms summary turns words speech_ms mean_scores errors_by_rule turns_without_feedback
      modes languages has_voice scenarios goals state`),
  },
  {
    about: 'messages of /v1/stream and their fields',
    suites: LEARN,
    names: words('/v1/stream ready transcript report end errors words complete unchecked models error'),
  },
  {
    about: 'events of /v1/realtime that clients send',
    suites: REALTIME,
    names:
      words(`session.update transcription_session.update input_audio_buffer.append input_audio_buffer.commit
      input_audio_buffer.clear conversation.item.create conversation.item.truncate conversation.item.delete response.create response.cancel`),
  },
  {
    about: 'events that clients of /v1/realtime get',
    suites: REALTIME,
    names: words(`session.created session.updated transcription_session.created transcription_session.updated
      input_audio_buffer.speech_started input_audio_buffer.speech_stopped input_audio_buffer.committed
      input_audio_buffer.cleared conversation.item.created conversation.item.added conversation.item.done
      conversation.item.input_audio_transcription.delta conversation.item.input_audio_transcription.completed
      conversation.item.input_audio_transcription.failed error response.created response.done
      response.output_item.added response.output_item.done response.content_part.added response.content_part.done
      response.output_audio.delta response.audio.delta response.output_audio.done response.audio.done
      response.output_audio_transcript.delta response.audio_transcript.delta response.output_audio_transcript.done
      response.audio_transcript.done response.output_text.delta response.text.delta response.output_text.done
      response.text.done conversation.item.truncated conversation.item.deleted`),
  },
  {
    about: 'options of /v1/realtime',
    suites: REALTIME,
    names:
      words(`intent model audio/pcm audio/pcmu audio/pcma pcm16 g711_ulaw g711_alaw input_audio_format transcription
      input_audio_transcription language prompt turn_detection server_vad threshold prefix_padding_ms silence_duration_ms
      semantic_vad eagerness noise_reduction include openai-insecure-api-key create_response interrupt_response
      instructions voice speed output_modalities modalities output_audio_format tools tool_choice max_output_tokens
      metadata previous_item_id audio_end_ms`),
  },
  {
    about: 'messages of /v1/speak',
    suites: SPEAK,
    names: words('Speak Flush Clear Close Metadata Flushed Cleared Warning Error'),
  },
  {
    about: 'options of /v1/speak',
    suites: SPEAK,
    names:
      words(`model encoding container sample_rate bit_rate speed callback linear16 mulaw alaw mp3 opus flac aac
      dg-model-name dg-request-id dg-char-count`),
  },
  {
    about: 'settings of Deepgram’s clients',
    suites: CONFIGURATION,
    names: words(`PARLANCE_DEEPGRAM_MODELS PARLANCE_DEEPGRAM_VOICES PARLANCE_RECORDING_HOSTS
      PARLANCE_RECORDING_FETCH_LIMIT_MS`),
  },
  {
    about: 'parlance.voice.v1.Conversation',
    suites: CONVERSE,
    names: words(`Converse config session after audio textOnly encoding REPLY_ENCODING_PCM_S16LE voice
      CONVERSE_CONTROL_FINALIZE CONVERSE_CONTROL_KEEP_ALIVE CONVERSE_CONTROL_INTERRUPT CONVERSE_CONTROL_PLAYED started
      result isFinal scores endpoint summary taken sentence replied feedback paused resumed interrupted playedText cancelled deadline`),
  },
  {
    about: 'the context of a session and the report on a turn',
    suites: CONVERSATION,
    names:
      words(`mode scenario material level summary errors start end correction rule explanation makesSense suggestions
      improved rubric uncertain moderation inputTokens outputTokens degraded`),
  },
  {
    about: 'end of turn and interruption',
    suites: ['test/integration/inference-end-of-turn.spec.ts', 'apps/gateway/src/live/*.spec.ts'],
    names: words('eagerness assent'),
  },
  {
    about: 'speech',
    suites: SPEECH,
    names:
      words(`neural standard prosody break words startMs endMs speed MP3 OGG_OPUS AAC WAV PCM_S16LE espeak-ng
      degradedFrom unspoken`),
  },
  {
    about: 'routes of /api/v1/voice',
    suites: ['test/e2e/openapi.spec.ts'],
    names: [
      ...['POST /api/v1/voice/session/init', 'POST /api/v1/voice/sessions', 'GET /api/v1/voice/sessions'],
      ...['GET /api/v1/voice/sessions/{id}', 'PUT /api/v1/voice/sessions/{id}/settings'],
      ...['PUT /api/v1/voice/sessions/{id}/context', 'POST /api/v1/voice/sessions/{id}/end'],
      ...['POST /api/v1/voice/sessions/{id}/upload-audio', 'GET /api/v1/voice/sessions/{id}/transcript'],
      ...['GET /api/v1/voice/statistics', 'GET /api/v1/voice/sessions/{id}/recording'],
      ...['DELETE /api/v1/voice/sessions/{id}/recording', 'DELETE /api/v1/voice/sessions/{id}'],
      ...[
        'DELETE /api/v1/voice/users/{user}',
        'GET /api/v1/voice/storage',
        'GET /api/v1/voice/storage/object',
      ],
    ],
  },
  {
    about: 'settings of a session, and what its routes take and give',
    suites: SESSIONS,
    names:
      words(`sttMode ttsEnabled autoSpeak language voice speed assess expectedText lesson enrolment oneActive onActive resume limit cursor
      nextCursor txt srt json alreadyEnded endReason streakDays`),
  },
  {
    about: 'values of sttMode',
    suites: VOICE,
    names: words('auto browser server'),
  },
  {
    about: 'recordings and storage',
    suites: [
      'test/e2e/recordings.spec.ts',
      'test/integration/{session-recordings,messaging-objects}.spec.ts',
    ],
    names: words('expiresAt chunk_ kinds objects bytes NATS S3'),
  },
  {
    about: 'commands',
    suites: [
      'test/integration/conversation*.spec.ts',
      'test/e2e/cli.spec.ts',
      'test/integration/messaging-work.spec.ts',
    ],
    names: words('dlq ls show requeue'),
  },
  {
    about: 'commands of the Telegram bot',
    suites: ['test/e2e/telegram.spec.ts'],
    names: words('/start /help /task /streak /history /language /timezone /stop'),
  },
  {
    about: 'settings of resilience',
    suites: CONFIGURATION,
    names: words(`PARLANCE_RECOGNITION_LIMIT_MS PARLANCE_REMOTE_RECOGNIZER_URL PARLANCE_REMOTE_RECOGNIZER_KEY
      PARLANCE_REMOTE_RECOGNIZER_MODEL PARLANCE_REMOTE_RECOGNIZER_LIMIT_MS PARLANCE_HF_RECOGNIZER_URL
      PARLANCE_HF_RECOGNIZER_MODEL PARLANCE_HF_RECOGNIZER_LIMIT_MS HF_TOKEN PARLANCE_BREAKER_FAILURES
      PARLANCE_BREAKER_MIN_CALLS PARLANCE_BREAKER_WINDOW_MS PARLANCE_BREAKER_HALF_OPEN_MS PARLANCE_WORK_CONCURRENCY
      PARLANCE_WORK_ACK_WAIT_MS PARLANCE_WORK_MAX_DELIVERIES PARLANCE_WORK_RETRY_MS PARLANCE_WORK_RATE`),
  },
  {
    about: 'settings of language models and moderation',
    suites: CONFIGURATION,
    names: words(`GROQ_API_KEY PARLANCE_LLM_BASE_URL PARLANCE_LLM_MODEL PARLANCE_LLM_SECOND_MODEL
      PARLANCE_LLM_FALLBACK_BASE_URL PARLANCE_LLM_FALLBACK_API_KEY PARLANCE_LLM_FALLBACK_MODEL PARLANCE_LLM_FIRST_WORD_MS
      PARLANCE_LLM_SILENCE_MS PARLANCE_LLM_TOTAL_MS PARLANCE_LLM_BREAKER_FAILURES PARLANCE_LLM_BREAKER_MIN_CALLS
      PARLANCE_LLM_BREAKER_WINDOW_MS PARLANCE_LLM_BREAKER_HALF_OPEN_MS PARLANCE_LLM_PRICES PARLANCE_REPLY_LIMIT_MS
      PARLANCE_MODERATION_URL PARLANCE_MODERATION_API_KEY PARLANCE_MODERATION_MODEL PARLANCE_MODERATION_TIMEOUT_MS
      PARLANCE_MODERATION_ON_FAILURE`),
  },
  {
    about: 'settings of speech',
    suites: CONFIGURATION,
    names: words(`PARLANCE_TTS_ENGINE PARLANCE_POLLY_ENDPOINT PARLANCE_POLLY_MODEL PARLANCE_POLLY_VOICE
      PARLANCE_POLLY_BREAKER_FAILURES PARLANCE_POLLY_BREAKER_MIN_CALLS PARLANCE_POLLY_BREAKER_WINDOW_MS
      PARLANCE_POLLY_BREAKER_HALF_OPEN_MS PARLANCE_LOCAL_VOICE PARLANCE_REPLY_ENCODING PARLANCE_TTS_LIMIT_MS
      PARLANCE_TTS_ENGINE_LIMIT_MS PARLANCE_SPEECH_CACHE_BYTES PARLANCE_SPEECH_CACHE_AGE PARLANCE_SPEECH_CACHE_SWEEP_MS`),
  },
  {
    about: 'settings of sessions, recordings and their store',
    suites: CONFIGURATION,
    names:
      words(`PARLANCE_SESSION_IDLE_MS PARLANCE_LISTEN_IDLE_MS PARLANCE_TENANT_CONCURRENCY PARLANCE_MAX_TURN_SECONDS
      PARLANCE_TURN_TIMEOUT_MS PARLANCE_PUBLIC_URL PARLANCE_RETENTION PARLANCE_RETENTION_DAYS PARLANCE_LINK_SECONDS
      PARLANCE_LINK_SECRET PARLANCE_RECORDING_ABANDONED_MS PARLANCE_RECORDING_SWEEP_MS PARLANCE_STORAGE_SWEEP_MS
      PARLANCE_S3_BUCKET PARLANCE_S3_ENDPOINT PARLANCE_S3_PUBLIC_ENDPOINT AWS_REGION PARLANCE_OBJECTS_MAX_BYTES
      PARLANCE_OBJECTS_MAX_DAYS`),
  },
  {
    about: 'settings of access tokens and TLS',
    suites: CONFIGURATION,
    names: words(`PARLANCE_JWT_SECRETS PARLANCE_JWT_PUBLIC_KEY_FILE PARLANCE_JWT_JWKS_URL PARLANCE_JWT_ISSUER
      PARLANCE_JWT_AUDIENCE PARLANCE_JWT_CLOCK_TOLERANCE_SECONDS PARLANCE_TLS_CERT PARLANCE_TLS_KEY
      PARLANCE_TLS_RELOAD_MS PARLANCE_MTLS_CA PARLANCE_MTLS_CERT PARLANCE_MTLS_KEY`),
  },
  {
    about: 'settings of the Telegram bot',
    suites: CONFIGURATION,
    names:
      words(`TELEGRAM_BOT_TOKEN TELEGRAM_API_ROOT PARLANCE_URL PARLANCE_API_KEY PARLANCE_TELEGRAM_WEBHOOK_URL
      PARLANCE_TELEGRAM_WEBHOOK_SECRET PARLANCE_TELEGRAM_VOICES PARLANCE_TELEGRAM_VOICE_QUEUE
      PARLANCE_TELEGRAM_MAX_OPEN_UPDATES PARLANCE_TELEGRAM_VOICES_PER_HOUR PARLANCE_TELEGRAM_MESSAGES_PER_MINUTE
      PARLANCE_TELEGRAM_LEASE_MS PARLANCE_TELEGRAM_TIME_ZONE PARLANCE_TELEGRAM_ANSWER_LIMIT_MS PARLANCE_HTTP_HOST
      PARLANCE_HTTP_PORT PARLANCE_OPS_PORT`),
  },
];
