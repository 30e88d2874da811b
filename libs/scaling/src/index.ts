export * from './scaling-defaults.js';
export * from './stream-demand.js';
