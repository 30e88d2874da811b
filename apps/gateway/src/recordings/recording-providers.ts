import { ObjectLinks } from './object-links.service.js';
import { RecordingCards } from './recording-cards.js';
import { RecordingSweeper } from './recording-sweeper.service.js';
import { SessionAudio } from './session-audio.service.js';
import { SessionChunks } from './session-chunks.js';
import { SessionDeletion } from './session-deletion.service.js';
import { SessionLeases } from './session-leases.service.js';
import { SessionRecordings } from './session-recordings.service.js';
import { StoredBytes } from './stored-bytes.service.js';
import { StorageLevels } from './storage-levels.service.js';
import { StorageLimits } from './storage-limits.service.js';
import { StorageStatisticsService } from './storage-statistics.service.js';

/** What recordings of sessions are made of. */
export const RECORDING_PROVIDERS = [
  StoredBytes,
  StorageLevels,
  SessionChunks,
  RecordingCards,
  SessionLeases,
  SessionRecordings,
  ObjectLinks,
  SessionAudio,
  SessionDeletion,
  StorageStatisticsService,
  StorageLimits,
  RecordingSweeper,
] as const;
