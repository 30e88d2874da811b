export { Bulkhead, type BulkheadOptions } from './bulkhead.js';
export { atMost, lastWork, withDeadline } from './deadline.js';
export {
  isLeftAlone,
  OutsideCall,
  outsideCall,
  PROVIDER_BREAKER,
  storeFault,
  type BreakerOptions,
  type OutsideCallOptions,
} from './outside-call.js';
export { TenantShares } from './tenant-shares.js';
export { whenWritable } from './when-writable.js';
