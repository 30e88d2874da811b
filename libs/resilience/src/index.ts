export { atMost } from './at-most.js';
export { Bulkhead, type BulkheadOptions } from './bulkhead.js';
export { OutsideCall, outsideCall, type OutsideCallOptions } from './outside-call.js';
export { TenantShares } from './tenant-shares.js';
