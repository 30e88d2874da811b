import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@parlance/messaging';
import {
  ACCESS_REPOSITORIES,
  CatalogueSeeds,
  PersistenceModule,
  PLATFORM_REPOSITORIES,
  PRIVACY_REPOSITORIES,
  UsageRepository,
} from '@parlance/persistence';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { ANALYTICS_CONTROLLERS, ANALYTICS_PROVIDERS } from './analytics/analytics-providers.js';
import { ACCOUNT_CONTROLLERS, ACCOUNT_PROVIDERS } from './access/account-providers.js';
import { KeyManagement } from './access/key-management.service.js';
import { Organisations } from './access/organisations.service.js';
import { PictureStore } from './access/picture-store.service.js';
import { SigningKeys } from './access/signing-keys.service.js';
import { AccessTokens } from './auth/access-tokens.service.js';
import { AsyncApiController } from './asyncapi/asyncapi.controller.js';
import { ApiKeys } from './auth/api-keys.service.js';
import { Admissions } from './auth/admissions.service.js';
import { Authenticator } from './auth/authenticator.service.js';
import { ClientSecrets } from './auth/client-secrets.service.js';
import { OwnTokens } from './auth/own-tokens.service.js';
import { StoredKeys } from './auth/stored-keys.service.js';
import { TenantSlots } from './auth/tenant-slots.service.js';
import { LanguageSupports } from './catalogue/language-support.service.js';
import { LoadedModelsClient, ModelsPool } from './catalogue/loaded-models.client.js';
import { ModelList } from './catalogue/model-list.service.js';
import { OpenCalls } from './drain/open-calls.service.js';
import { GatewayReadiness } from './gateway-readiness.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { ConversationController } from './grpc/converse/conversation.controller.js';
import { GrpcCallers } from './grpc/grpc-callers.service.js';
import { PublicInferenceController } from './grpc/open-inference.controller.js';
import { PublicSignsController } from './grpc/public-signs.controller.js';
import { PublicSpeechController } from './grpc/public-speech.controller.js';
import { AssessmentRequests } from './http/assessments/assessment-requests.service.js';
import { AssessmentsController } from './http/assessments/assessments.controller.js';
import { TurnPicturesController } from './http/assessments/turn-pictures.controller.js';
import { CatalogueRequests } from './http/catalogue-requests.service.js';
import { CATALOGUE_CONTROLLERS } from './http/catalogue.controller.js';
import { DeepgramRecordingsController } from './http/deepgram/deepgram-recordings.controller.js';
import { DeepgramRecordings } from './http/deepgram/deepgram-recordings.service.js';
import { DeepgramSpeechController } from './http/deepgram/deepgram-speech.controller.js';
import { DeadLettersController } from './http/dead-letters/dead-letters.controller.js';
import { DeadLetterRequests } from './http/dead-letters/dead-letter-requests.service.js';
import { KeysController } from './http/keys.controller.js';
import { LearnersController } from './http/learners/learners.controller.js';
import { LearnerRequests } from './http/learners/learner-requests.service.js';
import { LEARNING_CONTROLLERS, LEARNING_PROVIDERS } from './http/learning/learning.providers.js';
import { OrganisationsController } from './http/organisations.controller.js';
import { LimitsController, UsageController } from './http/usage.controller.js';
import { ClientSecretsController } from './http/client-secrets.controller.js';
import { INFERENCE_CONTROLLERS, INFERENCE_PROVIDERS } from './http/models/inference.providers.js';
import { ModelsController } from './http/models.controller.js';
import { AudioSpeechController } from './http/audio-speech.controller.js';
import { TranscriptionController } from './http/transcription.controller.js';
import { TranscriptionService } from './http/transcription.service.js';
import { SignRequests } from './http/signs/sign-requests.service.js';
import { SignsController } from './http/signs/signs.controller.js';
import { ProbesController } from './http/probes.controller.js';
import { RecordingRequests } from './http/recording-requests.service.js';
import { ObjectLinksController, RecordingsController } from './http/recordings.controller.js';
import { SearchController } from './http/search.controller.js';
import { TurnRequestService } from './http/turn-request.service.js';
import { UploadAdmission } from './http/upload-admission.service.js';
import { TurnsController } from './http/turns.controller.js';
import { LearningSessionRequests } from './http/learning-session-requests.service.js';
import { LearningSessionsController } from './http/learning-sessions.controller.js';
import { LearningTurnRequests } from './http/learning-turn-requests.service.js';
import { VoiceSessionRequests } from './http/voice-session-requests.service.js';
import { VoiceSessionsController } from './http/voice-sessions.controller.js';
import { VoicesController } from './http/voices.controller.js';
import { LiveRecordings } from './live/conversation-recording.js';
import { Interruptions } from './live/interruptions.service.js';
import { LiveConversations } from './live/live-conversations.service.js';
import { DecoderService } from './media/decoder.service.js';
import { HeldMemory } from './media/held-memory.js';
import { PRIVACY_CONTROLLERS, PRIVACY_PROVIDERS } from './privacy/privacy-providers.js';
import { PodRecognizer } from './recognition/pod-recognizer.client.js';
import { RecordingCapacity } from './recognition/recording-capacity.service.js';
import { LiveRecognition } from './recognition/live-recognition.service.js';
import { InferencePool, RecognitionClient } from './recognition/recognition.client.js';
import { RecognitionService } from './recognition/recognition.service.js';
import { RecognizeClient } from './recognition/recognize.client.js';
import { QUOTA_PROVIDERS } from './quotas/quota-providers.js';
import { RECORDING_PROVIDERS } from './recordings/recording-providers.js';
import { RemoteRecordings } from './recordings/remote-recordings.client.js';
import { ConversationSearch } from './search/conversation-search.service.js';
import { SummaryRequests } from './search/summary-requests.service.js';
import { SessionEndings } from './sessions/session-endings.service.js';
import { SessionSweeper } from './sessions/session-sweeper.service.js';
import { VoiceSessions } from './sessions/voice-sessions.service.js';
import { SessionJoins } from './socketio/session-joins.service.js';
import { VoiceHandshake } from './socketio/voice-handshake.service.js';
import { VoiceServer } from './socketio/voice-server.service.js';
import { LearnerProgressService } from './sessions/learner-progress.service.js';
import { ProgressController } from './http/progress.controller.js';
import { AssessmentPictures } from './pictures/assessment-pictures.service.js';
import { PictureRenderer } from './pictures/picture-renderer.service.js';
import { ImageDecoder } from './signs/image-decoder.service.js';
import { SignReader } from './signs/sign-reader.service.js';
import { DeepgramSpeech } from './synthesis/deepgram-speech.service.js';
import { SpeechSynthesisClient, SynthesisPool } from './synthesis/synthesis.client.js';
import { VoicesService } from './synthesis/voices.service.js';
import { RecordingStore } from './turns/recording-store.js';
import { TurnAudioService } from './turns/turn-audio.service.js';
import { RecordedTurns } from './turns/recorded-turns.service.js';
import { StoredTurns } from './turns/stored-turns.service.js';
import { TurnService } from './turns/turn.service.js';
import { UtteranceRecordings } from './turns/utterance-recordings.service.js';
import { LearnCatalogue } from './websocket/learn/learn-catalogue.service.js';
import { LearnSessions } from './websocket/learn/learn-sessions.service.js';
import { ListenSessions } from './websocket/listen-sessions.service.js';
import { StreamSessions } from './websocket/stream/stream-sessions.service.js';
import { RealtimeCallers } from './websocket/realtime/realtime-callers.service.js';
import { RealtimeSessions } from './websocket/realtime/realtime-sessions.service.js';
import {
  LearnGateway,
  ListenGateway,
  RealtimeGateway,
  SpeakGateway,
  StreamGateway,
} from './websocket/socket-apis.gateway.js';
import { SocketCallers } from './websocket/socket-callers.service.js';
import { SpeakSessions } from './websocket/speak/speak-sessions.service.js';

/** The public APIs and what they are made of. */
@Module({})
export class AppModule {
  static forRoot(config: GatewayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(logger),
        MessagingModule.forRoot({ ...config.messaging, name: 'gateway' }),
        PersistenceModule.forRoot({ ...config.store, name: 'gateway' }, [
          ...PLATFORM_REPOSITORIES,
          ...ACCESS_REPOSITORIES,
          ...PRIVACY_REPOSITORIES,
          UsageRepository,
        ]),
      ],
      controllers: [
        ProbesController,
        TranscriptionController,
        DeepgramRecordingsController,
        DeepgramSpeechController,
        AudioSpeechController,
        OrganisationsController,
        KeysController,
        UsageController,
        LimitsController,
        DeadLettersController,
        LearnersController,
        ModelsController,
        ClientSecretsController,
        VoicesController,
        TurnsController,
        AssessmentsController,
        TurnPicturesController,
        SignsController,
        VoiceSessionsController,
        ProgressController,
        LearningSessionsController,
        RecordingsController,
        ObjectLinksController,
        SearchController,
        ...INFERENCE_CONTROLLERS,
        ...CATALOGUE_CONTROLLERS,
        ...LEARNING_CONTROLLERS,
        ...PRIVACY_CONTROLLERS,
        ...ANALYTICS_CONTROLLERS,
        PublicSpeechController,
        PublicSignsController,
        PublicInferenceController,
        ConversationController,
        AsyncApiController,
        ...(config.accounts ? ACCOUNT_CONTROLLERS : []),
      ],
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: Readiness, useClass: GatewayReadiness },
        ApiKeys,
        StoredKeys,
        SigningKeys,
        OwnTokens,
        AccessTokens,
        Authenticator,
        ClientSecrets,
        TenantSlots,
        ...QUOTA_PROVIDERS,
        Admissions,
        PictureStore,
        KeyManagement,
        Organisations,
        ...(config.accounts ? ACCOUNT_PROVIDERS : []),
        OpenCalls,
        HeldMemory,
        DecoderService,
        InferencePool,
        RecognitionClient,
        LiveRecognition,
        PodRecognizer,
        { provide: RecordingCapacity, useValue: new RecordingCapacity(config) },
        RecognitionService,
        RecognizeClient,
        SynthesisPool,
        SpeechSynthesisClient,
        VoicesService,
        DeepgramSpeech,
        CatalogueSeeds,
        ModelsPool,
        LoadedModelsClient,
        LanguageSupports,
        ModelList,
        ...INFERENCE_PROVIDERS,
        CatalogueRequests,
        ...LEARNING_PROVIDERS,
        RecordingStore,
        UtteranceRecordings,
        ...RECORDING_PROVIDERS,
        ...PRIVACY_PROVIDERS,
        ...ANALYTICS_PROVIDERS,
        RecordingRequests,
        TurnService,
        StoredTurns,
        RecordedTurns,
        TurnAudioService,
        UploadAdmission,
        TranscriptionService,
        AssessmentRequests,
        AssessmentPictures,
        PictureRenderer,
        LearnerProgressService,
        ImageDecoder,
        SignReader,
        SignRequests,
        RemoteRecordings,
        DeepgramRecordings,
        TurnRequestService,
        ConversationSearch,
        SummaryRequests,
        DeadLetterRequests,
        LearnerRequests,
        SessionEndings,
        VoiceSessions,
        VoiceSessionRequests,
        LearningSessionRequests,
        LearningTurnRequests,
        SessionSweeper,
        LiveRecordings,
        Interruptions,
        LiveConversations,
        GrpcCallers,
        SocketCallers,
        ListenSessions,
        ListenGateway,
        LearnCatalogue,
        LearnSessions,
        LearnGateway,
        StreamSessions,
        StreamGateway,
        RealtimeCallers,
        RealtimeSessions,
        RealtimeGateway,
        SpeakSessions,
        SpeakGateway,
        SessionJoins,
        VoiceHandshake,
        VoiceServer,
      ],
    };
  }
}
