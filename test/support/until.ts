const [SHORTEST_MS, LONGEST_MS] = [20, 100];

/** Asks again and again until the answer is there; for what happens in another process. Whoever has waited for long asks more rarely: what
 *  is asked needs the processors for its work. */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 10_000,
): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    const waited = Date.now() - begun;
    if (waited > limitMs) throw new Error(`not within ${limitMs} ms: ${ask.toString()}`);
    const pauseMs = Math.min(Math.max(waited / 10, SHORTEST_MS), LONGEST_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
