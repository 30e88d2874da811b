import { createLogger } from '@parlance/telemetry';

export const silentLogger = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
