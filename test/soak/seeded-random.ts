/** Numbers that look random and are the same for the same seed: what failed once fails again. */
export class SeededRandom {
  private state: number;

  /** @param seed,index  of the request that is made by it: any request can be made alone */
  constructor(seed: number, index = 0) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  }

  /** 0 to below 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** So many of the list, in its order. */
  some<T>(list: readonly T[], most: number): T[] {
    const share = most / list.length;
    return list.filter(() => this.chance(share));
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.int(0, 255);
    return bytes;
  }

  /** Some bytes changed, lost or doubled. */
  mutated(bytes: Buffer): Buffer {
    const changed = Buffer.from(bytes);
    for (let times = this.int(1, 8); times > 0 && changed.length > 0; times--)
      changed[this.int(0, changed.length - 1)] = this.int(0, 255);
    const cut = this.int(0, changed.length);
    if (this.chance(0.3)) return changed.subarray(0, cut);
    if (this.chance(0.1)) return Buffer.concat([changed, changed.subarray(cut)]);
    return changed;
  }
}
