import { beforeEach, describe, expect, it } from '@jest/globals';
import { LiveRoom } from './live-room.js';

const PART = 0.25;

describe('the room for live streams', () => {
  let room: LiveRoom;
  beforeEach(() => {
    room = new LiveRoom(true);
  });

  const hold = (streams: number): void => {
    for (let one = 0; one < streams; one += 1) room.hold(PART);
  };
  /** @returns whether the limit has changed */
  const finals = (count: number, ms: number): boolean =>
    Array.from({ length: count }, () => room.noteFinal(ms)).some(Boolean);

  it('grows by one stream once two finals of each were early while all of it was in use', () => {
    hold(4);
    expect(room.hasRoom(PART)).toBe(false);
    expect(finals(7, 100)).toBe(false);
    expect(finals(1, 100)).toBe(true);
    expect(room.limit).toBe(1.25);
    expect(room.hasRoom(PART)).toBe(true);
    expect(room.load).toBeCloseTo(0.8);
    expect(finals(40, 100)).toBe(false);
  });

  it('does not grow where finals only come in time, or some of it is free', () => {
    hold(3);
    expect(finals(20, 100)).toBe(false);
    hold(1);
    expect(finals(20, 300)).toBe(false);
    expect(room.limit).toBe(1);
  });

  it('grows to three times what was measured at most', () => {
    hold(4);
    for (let more = 0; more < 20; more += 1) {
      finals(20, 100);
      if (room.hasRoom(PART)) room.hold(PART);
    }
    expect(room.limit).toBe(3);
    expect(room.hasRoom(PART)).toBe(false);
  });

  it('shrinks to less than it has once finals are late, and never below what was measured', () => {
    hold(4);
    finals(20, 100);
    hold(1);
    expect(finals(8, 900)).toBe(true);
    expect(room.limit).toBe(1);
    expect(room.hasRoom(0)).toBe(false);
    for (let left = 0; left < 5; left += 1) room.giveBack(PART);
    expect(room.limit).toBe(1);
    expect(room.hasRoom(PART)).toBe(true);
  });

  it('keeps what it has learned when all have left', () => {
    hold(4);
    finals(8, 100);
    for (let left = 0; left < 4; left += 1) room.giveBack(PART);
    expect(room.load).toBe(0);
    hold(4);
    expect(room.hasRoom(PART)).toBe(true);
  });

  it('neither grows nor shrinks where the number of streams is told', () => {
    room = new LiveRoom(false);
    hold(4);
    expect(finals(40, 100)).toBe(false);
    expect(finals(40, 900)).toBe(false);
    expect(room.limit).toBe(1);
  });
});
