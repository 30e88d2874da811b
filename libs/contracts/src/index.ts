export * from './identity.js';
export * from './measures.schema.js';
export * from './turn-messages.schema.js';
export * from './subjects.js';
export * from './protocols.js';
export * from './endpointing.js';
export * from './listen-protocol.js';
export * from './decoding-options.schema.js';
export type * from './voice-types.js';
