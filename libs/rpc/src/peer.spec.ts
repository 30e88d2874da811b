import { Metadata, status, type Client } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { reportedLoad, Peer } from './peer.js';

const READY = 2;
const stub = { getChannel: () => ({ getConnectivityState: () => READY }) } as unknown as Client;
const aPeer = () => new Peer('10.0.0.1:50061', stub);
const metadata = (entries: Readonly<Record<string, string | string[]>> = {}) => {
  const made = new Metadata();
  for (const [key, value] of Object.entries(entries)) for (const one of [value].flat()) made.add(key, one);
  return made;
};
const end = (code: number, entries = {}) => ({ code, metadata: metadata(entries) });

describe('what is known of a peer', () => {
  it('is the load that it reports, and what was sent there since, as parts of its capacity', () => {
    const peer = aPeer();
    expect(peer.load).toBeUndefined();
    peer.noteReport(
      reportedLoad(metadata({ 'parlance-load': '0.500', 'parlance-live-capacity': ['tiny=40', 'base=10'] })),
    );
    peer.begin();
    peer.begin();
    expect(peer.load).toBeCloseTo(0.7);
    peer.end();
    peer.noteEnd(end(status.OK, { 'parlance-load': '0.6' }), 0);
    expect(peer.load).toBe(0.6);
  });

  it.each([[''], ['-1'], ['2'], ['busy']])('does not come from a load that makes no sense: %p', (load) => {
    expect(reportedLoad(metadata({ 'parlance-load': load }))?.load).toBe(load === '' ? 0 : undefined);
  });

  it('is that it does not serve once it says so, drains, or does not answer two checks', () => {
    const peer = aPeer();
    peer.noteCheck(false);
    expect(peer.isServing).toBe(false);
    peer.noteCheck(true);
    peer.noteEnd(end(status.UNAVAILABLE, { 'parlance-error-code': 'service.draining' }), 0);
    expect(peer.isServing).toBe(false);
    peer.noteCheck(true);
    peer.noteCheck(undefined);
    expect(peer.isServing).toBe(true);
    peer.noteCheck(undefined);
    expect(peer.isServing).toBe(false);
  });

  it('is that it fails, after five faults in a row: it is left alone, longer each time', () => {
    const peer = aPeer();
    const fail = (times: number, now: number) =>
      Array.from({ length: times }, () => peer.noteEnd(end(status.UNAVAILABLE), now));
    fail(4, 0);
    // A refusal is an answer.
    peer.noteEnd(end(status.RESOURCE_EXHAUSTED), 0);
    expect(fail(5, 0)).toEqual([false, false, false, false, true]);
    expect([peer.isEjected(4_999), peer.isEjected(5_000)]).toEqual([true, false]);
    fail(5, 5_000);
    expect([peer.isEjected(14_999), peer.isEjected(15_000)]).toEqual([true, false]);
    peer.noteEnd(end(status.OK), 15_000);
    fail(5, 15_000);
    expect(peer.isEjected(20_000)).toBe(false);
  });

  it('is nothing by calls that their callers have cancelled', () => {
    const peer = aPeer();
    for (let call = 0; call < 9; call++) peer.noteEnd(end(status.CANCELLED), 0);
    expect(peer.isEjected(1)).toBe(false);
  });
});
