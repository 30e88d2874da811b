/** @param outer  what ends the work too; it lives longer, so that nothing of the work may stay with it
 *  @returns a signal for one piece of work, and what lets go of it when the work is over */
export function limited(
  limitMs: number,
  outer: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const end = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${limitMs} ms`)), limitMs);
  outer?.addEventListener('abort', end, { once: true });
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', end);
    },
  };
}
