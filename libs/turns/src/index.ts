export { TurnFailureService } from './turn-failure.service.js';
export { turnLatency } from './turn-latency.js';
