/** A client's own text in a message: short and on one line. */
export function printableName(name: string): string {
  return name.replace(/[^\w.:/-]/g, '?').slice(0, 64);
}
