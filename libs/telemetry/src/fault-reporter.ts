import type { Logger } from './logger.js';
import { counter } from './metrics.js';

const faults = () =>
  counter(
    'parlance_process_faults_total',
    'Faults that nothing caught; each ends its process after a drain.',
  );

/** What a process does with a fault that nothing caught before it leaves: a line in the log and a count. */
export function faultReporter(logger: Logger): (fault: unknown) => void {
  // Present from the start, so that a rate can be taken of it.
  faults().inc(0);
  return (fault) => {
    faults().inc();
    logger.fatal({ err: fault }, 'a fault that nothing caught, draining');
  };
}
