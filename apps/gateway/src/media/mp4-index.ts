/**
 * MP4 and M4A files (ISO/IEC 14496-12) often carry their index (`moov`) behind the samples (`mdat`), which a reader of a
 * pipe cannot use. Here the index moves to the front, as qt-faststart does, and its chunk offsets move along.
 */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly headerBytes: number;
  readonly end: number;
}

/** Reads a box header; undefined where the bytes end or make no sense. A size of 0 reaches to the end. */
function boxAt(bytes: Buffer, start: number, end: number): Box | undefined {
  if (start + 8 > end) return undefined;
  const short = bytes.readUInt32BE(start);
  const type = bytes.toString('latin1', start + 4, start + 8);
  const isLong = short === 1;
  if (isLong && start + 16 > end) return undefined;
  const size = isLong ? Number(bytes.readBigUInt64BE(start + 8)) : short === 0 ? end - start : short;
  const headerBytes = isLong ? 16 : 8;
  return size < headerBytes ? undefined : { type, start, headerBytes, end: start + size };
}

/** Boxes of one level; the last may reach past `end` (a truncated file). */
export function* boxesIn(bytes: Buffer, start: number, end: number): Generator<Box> {
  for (let box = boxAt(bytes, start, end); box; box = boxAt(bytes, box.end, end)) yield box;
}

/** Whether the file's first bytes already show the index before any samples, so that it can be read from a pipe. */
export function hasIndexFirst(head: Buffer): boolean {
  for (const box of boxesIn(head, 0, head.length)) {
    if (box.type === 'moov') return true;
    if (box.type === 'mdat') return false;
  }
  return false;
}

const PARENTS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

/** Adds `delta` to every chunk offset below `before` in the boxes of `index`, in place. */
function shiftChunkOffsets(index: Buffer, start: number, end: number, before: number, delta: number): void {
  for (const box of boxesIn(index, start, end)) {
    const body = box.start + box.headerBytes;
    const bodyEnd = Math.min(box.end, end);
    if (PARENTS.has(box.type)) shiftChunkOffsets(index, body, bodyEnd, before, delta);
    if (box.type !== 'stco' && box.type !== 'co64') continue;
    const width = box.type === 'stco' ? 4 : 8;
    for (let at = body + 8; at + width <= bodyEnd; at += width) {
      const offset = width === 4 ? index.readUInt32BE(at) : Number(index.readBigUInt64BE(at));
      if (offset >= before) continue;
      if (width === 4) index.writeUInt32BE(offset + delta, at);
      else index.writeBigUInt64BE(BigInt(offset + delta), at);
    }
  }
}

/**
 * The same file with its index first, as slices in order (only the index is copied).
 * @returns undefined where the file has no whole index: nothing can be read from it
 */
export function withIndexFirst(file: Buffer): Buffer[] | undefined {
  const boxes = [...boxesIn(file, 0, file.length)];
  const index = boxes.find((box) => box.type === 'moov');
  if (!index || index.end > file.length) return undefined;
  const first = boxes[0]?.type === 'ftyp' ? boxes[0].end : 0;
  const moved = Buffer.from(file.subarray(index.start, index.end));
  shiftChunkOffsets(moved, 0, moved.length, index.start, moved.length);
  return [file.subarray(0, first), moved, file.subarray(first, index.start), file.subarray(index.end)];
}
