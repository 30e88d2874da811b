import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of every process here, arguments parted by NUL, as any user of the machine sees them. */
export function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
}
