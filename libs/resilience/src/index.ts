export { Bulkhead, type BulkheadOptions } from './bulkhead.js';
export { atMost, withDeadline } from './deadline.js';
export {
  isLeftAlone,
  OutsideCall,
  outsideCall,
  PROVIDER_BREAKER,
  storeFault,
  watchBreakers,
  type BreakerListener,
  type BreakerOptions,
  type OutsideCallOptions,
} from './outside-call.js';
export { PeriodicWork, type PeriodicWorkOptions } from './periodic-work.js';
export { TenantShares } from './tenant-shares.js';
export { whenWritable } from './when-writable.js';
