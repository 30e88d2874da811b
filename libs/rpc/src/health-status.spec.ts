import type { ServerWritableStream } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { HealthStatus } from './health-status.js';

type Watch = (call: ServerWritableStream<{ service: string }, object>) => void;

class WatchCall extends EventEmitter {
  readonly told: unknown[] = [];
  readonly request: { readonly service: string };
  constructor(service: string) {
    super();
    this.request = { service };
  }
  write({ status }: { status: string }): void {
    this.told.push(status);
  }
  end(): void {}
}

describe('HealthStatus', () => {
  const open = () => {
    const health = new HealthStatus();
    const watch = (service: string): WatchCall => {
      const call = new WatchCall(service);
      (health.implementation().watch as unknown as Watch)(call as never);
      return call;
    };
    const { watchers } = health as unknown as { watchers: ReadonlyMap<string, unknown> };
    return { health, watch, watchers };
  };

  it('tells who watches of every change, until they leave', () => {
    const { health, watch } = open();
    const [first, second] = [watch('a'), watch('a')];
    health.set('a', true);
    first.emit('cancelled');
    health.set('a', false);
    expect(first.told).toEqual(['SERVICE_UNKNOWN', 'SERVING']);
    expect(second.told).toEqual(['SERVICE_UNKNOWN', 'SERVING', 'NOT_SERVING']);
  });

  it('keeps nothing of names that were watched once', () => {
    const { watch, watchers } = open();
    for (let at = 0; at < 1_000; at++) watch(`invented ${at}`).emit('cancelled');
    expect(watchers.size).toBe(0);
  });
});
