export * from './scaling-defaults.js';
export * from './scaling-rules.js';
export * from './stream-demand.js';
