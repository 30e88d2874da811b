export { TurnFailureService } from './turn-failure.service.js';
export { noteFallback, turnLatency, type FallbackStage } from './turn-metrics.js';
