/** Plays sound that was fetched with the token: an address of the API would carry it into logs.
 *  @throws DOMException where the browser plays no sound, or not this one */
export async function playBlob(blob: Blob): Promise<void> {
  const address = URL.createObjectURL(blob);
  const audio = new Audio(address);
  const forget = (): void => URL.revokeObjectURL(address);
  audio.addEventListener('ended', forget);
  await audio.play().catch((error: unknown) => {
    forget();
    throw error;
  });
}
