import { z } from 'zod';

/** The environment does not fit the schema; `faults` has one line for every variable at fault. */
export class ConfigurationError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`Configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/** Reads the whole configuration at once, so that a start lists every fault and not only the first.
 *  An empty variable counts as absent. Values never appear in the faults: some are secrets. */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`),
  );
}

/** A whole number within bounds, written in decimal. */
export function integer(fallback: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return z.coerce.number().int().min(min).max(max).default(fallback);
}

/** A port; 0 lets the system choose. */
export const port = (fallback: number) => integer(fallback, { max: 65_535 });

/** A duration in milliseconds. */
export const milliseconds = (fallback: number) => integer(fallback, { max: 86_400_000 });

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size such as `512M` or `1048576`, in bytes. */
export function bytes(fallback: number) {
  return z
    .string()
    .regex(/^\d+\s*[kmg]?(i?b)?$/i, 'must be a size such as 512M')
    .transform((text) => {
      const [, count = '0', unit = ''] = /^(\d+)\s*([kmg]?)/i.exec(text) ?? [];
      return Number(count) * (UNITS[unit.toLowerCase()] ?? 1);
    })
    .default(fallback);
}

const DURATIONS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration such as `90s`, `12h` or `30d`, in milliseconds. */
export function duration(fallback: number) {
  return z
    .string()
    .regex(/^\d{1,9}(ms|[smhd])$/, 'must be a duration such as 90s, 12h or 30d')
    .transform((text) => parseInt(text, 10) * DURATIONS[text.replace(/^\d+/, '')]!)
    .default(fallback);
}

/** A comma-separated list. */
export function list(fallback: readonly string[] = []) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .default([...fallback]);
}

/** A switch: true/false, 1/0, yes/no, on/off. */
export function flag(fallback: boolean) {
  return z
    .stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] })
    .default(fallback);
}
