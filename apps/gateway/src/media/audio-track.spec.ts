import { describe, expect, it } from '@jest/globals';
import { madeFile } from '../../../../test/support/media-files.js';
import { findAudioTrack } from './audio-track.js';

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5:duration=1'];
const TONE = (hz: number) => ['-f', 'lavfi', '-i', `sine=frequency=${hz}:duration=1`];

/** A film with two audio tracks of which those named are marked. */
function film(extension: string, marked: readonly number[], ...options: string[]): Buffer {
  const marks = [0, 1].flatMap((track) => [
    `-disposition:a:${track}`,
    marked.includes(track) ? 'default' : '0',
  ]);
  const tracks = ['-map', '0:v', '-map', '1:a', '-map', '2:a'];
  return madeFile(extension, ...PICTURE, ...TONE(300), ...TONE(600), ...tracks, ...marks, ...options);
}

describe('findAudioTrack', () => {
  it.each([
    ['the second, which alone is marked', [1], 1],
    ['the first of two that are marked', [0, 1], 0],
    ['the first, where none is marked', [], 0],
  ] as const)('finds %s', (_, marked, track) => {
    const matroska = film('mkv', marked);
    expect(findAudioTrack(matroska, 'matroska')).toEqual({ track });
    const mp4 = film('mp4', marked, '-movflags', 'faststart');
    expect(findAudioTrack(mp4, 'mp4')).toEqual({ track });
  });

  it('says how much of the file it needs', () => {
    for (const [file, container] of [
      [film('mkv', [1]), 'matroska'],
      [film('mp4', [1], '-movflags', 'faststart'), 'mp4'],
    ] as const) {
      let head = file.subarray(0, 600);
      for (let found = findAudioTrack(head, container); !('track' in found) && head.length < file.length;) {
        expect(found.neededBytes).toBeGreaterThan(head.length);
        head = file.subarray(0, found.neededBytes);
        found = findAudioTrack(head, container);
      }
      expect(findAudioTrack(head, container)).toEqual({ track: 1 });
    }
  });

  it('takes the first where damaged bytes say nothing', () => {
    const zeros = Buffer.concat([film('mkv', [1]).subarray(0, 60), Buffer.alloc(200)]);
    expect(findAudioTrack(zeros, 'matroska')).toHaveProperty('neededBytes');
    expect(findAudioTrack(Buffer.from('anything'), 'other')).toEqual({ track: 0 });
  });

  it.each([
    ['matroska', Buffer.concat([Buffer.from('1853806701ffffffffffffff', 'hex'), filled('ec80')])],
    ['mp4', filled('0000000866726565')],
  ] as const)('takes the first of a %s that is filled with nothing, at once', (container, head) => {
    const begun = performance.now();
    expect(findAudioTrack(head, container)).toEqual({ track: 0 });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

/** 16 MiB of the same bytes. */
function filled(hex: string): Buffer {
  return Buffer.alloc(2 ** 24, hex, 'hex');
}
