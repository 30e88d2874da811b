import { createLogger } from '#libs/telemetry';

export const silentLogger = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
