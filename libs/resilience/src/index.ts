export { Bulkhead, type BulkheadOptions } from './bulkhead.js';
export { atMost, withDeadline } from './deadline.js';
export { OutsideCall, outsideCall, storeFault, type OutsideCallOptions } from './outside-call.js';
export { TenantShares } from './tenant-shares.js';
export { whenWritable } from './when-writable.js';
