const LATE = Symbol('late');

/** Waits for work, but no longer than `limitMs`; the work itself goes on. Its fault is the caller's.
 *  @param late called when the time is over: what it returns stands in for the result, what it throws is thrown */
export async function withDeadline<T, Late = T>(
  limitMs: number,
  work: PromiseLike<T> | T,
  late: () => Late,
): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, limitMs, LATE);
  });
  try {
    const first = await Promise.race([work, over]);
    return first === LATE ? late() : (first as T);
  } finally {
    clearTimeout(timer);
  }
}

/** As `withDeadline`, for work whose result does not matter.
 *  @returns whether it was done in time */
export async function atMost(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  return withDeadline(
    limitMs,
    work.then(() => true),
    () => false,
  );
}
