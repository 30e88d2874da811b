const { PARLANCE_COVERAGE } = process.env;

/** Of a process of ours: where it leaves what V8 counted of its code as it ends. `npm run coverage` sets it. */
export const COUNTED_COVERAGE: Readonly<Record<string, string>> = PARLANCE_COVERAGE
  ? { NODE_V8_COVERAGE: PARLANCE_COVERAGE }
  : {};
