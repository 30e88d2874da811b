import { describe, expect, it } from '@jest/globals';
import { choosePeer, type PeerCandidate } from './peer-choice.js';

interface Named extends PeerCandidate {
  readonly name: string;
}
const aPeer = (name: string, known: Partial<PeerCandidate> & { ejected?: boolean } = {}): Named => ({
  name,
  inFlight: 0,
  load: undefined,
  isServing: true,
  isEjected: () => known.ejected ?? false,
  at: { location: {} },
  ...known,
});

/** Draws the peers of these indexes, in turn. */
const drawing = (count: number, ...indexes: number[]) => {
  let drawn = 0;
  return () => (indexes[drawn++ % indexes.length]! + 0.5) / count;
};
const chosen = (peers: readonly Named[], indexes: number[], zone?: string) =>
  choosePeer(peers, { now: 0, random: drawing(peers.length, ...indexes), zone })?.name;

describe('the choice of a peer', () => {
  it('is the one of two drawn that reports the lower load, whatever this process has open there', () => {
    const peers = [aPeer('full', { load: 0.9 }), aPeer('idle', { load: 0.1, inFlight: 9 }), aPeer('other')];
    expect(chosen(peers, [0, 1])).toBe('idle');
    expect(chosen(peers, [1, 0])).toBe('idle');
  });

  it('is the one with fewer calls of this process where one of them reports no load', () => {
    const peers = [aPeer('a', { load: 0, inFlight: 3 }), aPeer('b', { inFlight: 2 })];
    expect(chosen(peers, [0, 1])).toBe('b');
  });

  it('passes over who does not serve or is left alone, as long as there are enough others', () => {
    const peers = [aPeer('away', { isServing: false }), aPeer('ejected', { ejected: true }), aPeer('sound')];
    expect(choosePeer(peers, { now: 0, random: () => 0 })?.name).toBe('sound');
  });

  it('tries those left alone again where they would be more than half, and everybody where nobody serves', () => {
    const ejected = [aPeer('a', { ejected: true }), aPeer('b', { ejected: true }), aPeer('c')];
    expect(choosePeer(ejected, { now: 0, random: () => 0 })?.name).toBe('a');
    expect(choosePeer([aPeer('a', { isServing: false })], { now: 0, random: () => 0 })?.name).toBe('a');
    expect(choosePeer([], { now: 0, random: () => 0 })).toBeUndefined();
  });

  it('stays in the own zone until that is nearly full', () => {
    const far = aPeer('far', { load: 0, at: { location: { zone: 'b' } } });
    const near = (load: number) => aPeer('near', { load, at: { location: { zone: 'a' } } });
    expect(chosen([far, near(0.7)], [0, 0], 'a')).toBe('near');
    expect(chosen([far, near(0.9)], [0, 0], 'a')).toBe('far');
    expect(chosen([far, near(0.7)], [0, 0], 'c')).toBe('far');
    expect(chosen([far, near(0.7)], [0, 0])).toBe('far');
  });

  it('follows the zones that Kubernetes allots, where it allots every peer', () => {
    const peers = [
      aPeer('own', { at: { location: { zone: 'a', hintedZones: ['b'] } } }),
      aPeer('allotted', { at: { location: { zone: 'b', hintedZones: ['a', 'b'] } } }),
    ];
    expect(chosen(peers, [0, 0], 'a')).toBe('allotted');
    expect(chosen([...peers, aPeer('unallotted', { at: { location: { zone: 'b' } } })], [0, 0], 'a')).toBe(
      'own',
    );
  });

  const [stable, fresh] = [90, 10].map((weight) => ({ name: `revision-${weight}`, weight }));
  const shares = (calls: number, peers: readonly Named[]) => {
    const counts = new Map<string, number>();
    for (let call = 0; call < calls; call++) {
      const { name } = choosePeer(peers, { now: 0, random: Math.random, zone: 'a' })!;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  };

  it('goes to each revision by its weight, however many peers it has, how idle they are and where', () => {
    const at = { location: { zone: 'b' }, share: stable };
    const olds = ['a', 'b', 'c'].map((name) => aPeer(name, { load: 0.7, at }));
    const near = { location: { zone: 'a' }, share: fresh };
    const news = ['x', 'y'].map((name) => aPeer(name, { load: 0, at: near }));
    const counts = shares(10_000, [...olds, ...news]);
    const ofNew = (counts.get('x') ?? 0) + (counts.get('y') ?? 0);
    // A tenth, within five standard deviations.
    expect(Math.abs(ofNew - 1_000)).toBeLessThan(150);
    for (const name of ['a', 'b', 'c']) expect(counts.get(name)).toBeGreaterThan(2_500);
  });

  it('goes to the other revision where one does not serve, or is full and would refuse', () => {
    const old = aPeer('old', { load: 0.5, at: { location: {}, share: stable } });
    const at = { location: {}, share: fresh };
    expect(shares(500, [old, aPeer('new', { isServing: false, at })]).get('old')).toBe(500);
    expect(shares(500, [old, aPeer('new', { load: 1, at })]).get('new') ?? 0).toBeLessThan(50);
    expect(shares(500, [{ ...old, load: 1 }, aPeer('new', { load: 0.2, at })]).get('new')).toBeGreaterThan(
      250,
    );
  });

  it('spreads a thousand calls over peers of equal load within a fifth of the mean', () => {
    const counts = new Map<string, number>();
    const open = new Map(['a', 'b', 'c', 'd'].map((name) => [name, 0]));
    for (let call = 0; call < 1_000; call++) {
      const peers = [...open].map(([name, inFlight]) => aPeer(name, { inFlight }));
      const { name } = choosePeer(peers, { now: 0, random: Math.random })!;
      open.set(name, open.get(name)! + 1);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 250)).toBeLessThan(50);
  });
});
