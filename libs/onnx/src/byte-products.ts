import { readFileSync } from 'node:fs';

/** x86's products of unsigned by signed bytes add up in 16 bits, which overflow, except with these instructions. */
const WIDE_SUMS = /\b(avx512_vnni|avx_vnni)\b/;

/** Whether 8-bit products with signed weights may come out wrong on this processor, so that the runtime must make them unsigned.
 *  The runtime does not look itself: asked to be careful, it also is where there is no need, and takes twice as long.
 *  @param processors what Linux says of them; elsewhere the worst is assumed */
export function byteProductsOverflow(
  architecture: string = process.arch,
  processors: string = readProcessors(),
): boolean {
  return architecture === 'x64' && !WIDE_SUMS.test(processors);
}

function readProcessors(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
