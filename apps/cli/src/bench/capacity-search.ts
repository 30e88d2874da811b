/** Looks for the most streams that are held: doubles from `first` until one step fails, then halves the gap. Steps above a
 *  held count are tried once, so that the search is short; a count within a tenth is near enough.
 *  @param isHeld tries so many streams
 *  @returns the most that were held; 0 where not even one was */
export async function mostHeld(
  isHeld: (streams: number) => Promise<boolean>,
  { first = 1, most = 256 }: { readonly first?: number; readonly most?: number } = {},
): Promise<number> {
  let [held, failed] = [0, most + 1];
  for (let streams = Math.min(first, most); streams > held && streams < failed;) {
    if (await isHeld(streams)) held = streams;
    else failed = streams;
    const isNear = failed - held <= Math.max(1, Math.floor(held / 10));
    if (isNear) break;
    streams = failed > most ? Math.min(streams * 2, most) : Math.floor((held + failed) / 2);
  }
  return held;
}
