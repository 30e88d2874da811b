import type { Container } from './container.js';
import { boxesIn, type Box } from './mp4-index.js';

/** What a player plays: the first audio track that the file marks as its default, else the first. */
export type TrackSearch =
  /** Its number among the audio tracks. */
  | { readonly track: number }
  /** The file's list of tracks ends there at the earliest. */
  | { readonly neededBytes: number };

const FIRST: TrackSearch = { track: 0 };

/** No honest file has more elements of one level before its list of tracks; behind so many the first track is taken. */
const MOST_ELEMENTS = 10_000;

/** Looks for the audio track to decode in a file's first bytes. Only MP4 and Matroska mark one. */
export function findAudioTrack(head: Buffer, container: Container): TrackSearch {
  if (container === 'mp4') return inMp4(head);
  return container === 'matroska' ? inMatroska(head) : FIRST;
}

/** ISO/IEC 14496-12: a track's header says whether it is enabled. */
function inMp4(head: Buffer): TrackSearch {
  let left = MOST_ELEMENTS;
  for (const box of boxesIn(head, 0, head.length)) {
    if (box.type === 'mdat' || left-- <= 0) return FIRST;
    if (box.type !== 'moov') continue;
    if (box.end > head.length) return { neededBytes: box.end };
    return chosen(markedInMp4(head, box));
  }
  return { neededBytes: 2 * head.length };
}

/** Of a movie's audio tracks, in the file's order, whether each is enabled. */
function* markedInMp4(head: Buffer, movie: Box): Generator<boolean> {
  for (const track of boxesIn(head, movie.start + movie.headerBytes, movie.end)) {
    if (track.type !== 'trak' || track.end > movie.end) continue;
    let isEnabled = false;
    let isSound = false;
    for (const box of boxesIn(head, track.start + track.headerBytes, track.end)) {
      const body = box.start + box.headerBytes;
      if (box.type === 'tkhd') isEnabled = ((head[body + 3] ?? 0) & 1) === 1;
      if (box.type === 'mdia') isSound = isSoundMedia(head, body, Math.min(box.end, track.end));
    }
    if (isSound) yield isEnabled;
  }
}

function isSoundMedia(head: Buffer, start: number, end: number): boolean {
  for (const box of boxesIn(head, start, end)) {
    const body = box.start + box.headerBytes;
    if (box.type === 'hdlr') return head.toString('latin1', body + 8, body + 12) === 'soun';
  }
  return false;
}

interface Element {
  readonly id: number;
  readonly body: number;
  /** Past the bytes at hand where the length is unknown. */
  readonly end: number;
}

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const AUDIO = 2;
const FLAG_DEFAULT = 0x88;

function inMatroska(head: Buffer): TrackSearch {
  let left = MOST_ELEMENTS;
  for (const segment of elementsIn(head, 0, head.length)) {
    if (left-- <= 0) return FIRST;
    if (segment.id !== SEGMENT) continue;
    for (const element of elementsIn(head, segment.body, head.length)) {
      if (element.id === CLUSTER || left-- <= 0) return FIRST;
      if (element.id !== TRACKS) continue;
      return element.end > head.length
        ? { neededBytes: element.end }
        : chosen(markedInMatroska(head, element));
    }
  }
  return { neededBytes: 2 * head.length };
}

/** Of the audio tracks, in the file's order, whether each is a default one (RFC 9559): it is unless it says that it is not. */
function* markedInMatroska(head: Buffer, tracks: Element): Generator<boolean> {
  for (const entry of elementsIn(head, tracks.body, tracks.end)) {
    if (entry.id !== TRACK_ENTRY || entry.end > tracks.end) continue;
    let type = 0;
    let isDefault = true;
    for (const { id, body, end } of elementsIn(head, entry.body, entry.end)) {
      if (id === TRACK_TYPE) type = head[end - 1] ?? 0;
      if (id === FLAG_DEFAULT) isDefault = body < end && head[end - 1] === 1;
    }
    if (type === AUDIO) yield isDefault;
  }
}

/** EBML elements of one level (RFC 8794). */
function* elementsIn(bytes: Buffer, start: number, end: number): Generator<Element> {
  for (let at = start; at < end;) {
    const idBytes = Math.clz32(bytes[at]!) - 23;
    const sizeAt = at + idBytes;
    if (idBytes > 4 || sizeAt >= end) return;
    const sizeBytes = Math.clz32(bytes[sizeAt]!) - 23;
    const body = sizeAt + sizeBytes;
    if (sizeBytes > 8 || body > end) return;
    // The first byte's leading bits tell how long the number is.
    const first = bytes[sizeAt]! & (0xff >> sizeBytes);
    const size = bytes.subarray(sizeAt + 1, body).reduce((value, byte) => value * 256 + byte, first);
    const isUnknown = size >= 2 ** (7 * sizeBytes) - 1;
    const element = { id: bytes.readUIntBE(at, idBytes), body, end: isUnknown ? Infinity : body + size };
    yield element;
    at = element.end;
  }
}

/** The first that is marked, else the first. */
function chosen(marks: Iterable<boolean>): TrackSearch {
  let track = 0;
  for (const isMarked of marks) {
    if (isMarked) return { track };
    track += 1;
  }
  return FIRST;
}
