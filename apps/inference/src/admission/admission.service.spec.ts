import { describe, expect, it } from '@jest/globals';
import { AdmissionService } from './admission.service.js';
import { capacityOf } from './capacity-probe.js';

const overloaded = expect.objectContaining({ code: 'inference.overloaded', retryable: true });

function admission(capacity = 2): AdmissionService {
  const service = new AdmissionService({ growsLive: false, recordings: 2, recordingSeconds: 100 });
  service.setLiveCapacity('tiny', capacity);
  return service;
}

describe('AdmissionService', () => {
  it('takes live streams up to its capacity and one again when one has left', () => {
    const service = admission();
    const first = service.admitLive('tiny');
    service.admitLive('tiny');
    expect(service.load).toBe(1);
    expect(() => service.admitLive('tiny')).toThrow(overloaded);
    first.release();
    first.release();
    expect(service.activeCalls).toBe(1);
    service.admitLive('tiny');
  });

  it('tells of each live stream that it refuses for want of capacity, and of none that it turns away as it ends', async () => {
    let refused = 0;
    const observer = { liveRefused: () => (refused += 1) };
    const service = new AdmissionService(
      { growsLive: false, recordings: 2, recordingSeconds: 100 },
      observer,
    );
    service.setLiveCapacity('tiny', 1);
    const held = service.admitLive('tiny');
    for (let start = 0; start < 3; start++) expect(() => service.admitLive('tiny')).toThrow(overloaded);
    expect(refused).toBe(3);
    const drained = service.drain();
    expect(() => service.admitLive('tiny')).toThrow(expect.objectContaining({ code: 'service.draining' }));
    expect(refused).toBe(3);
    held.release();
    await drained;
  });

  it('bounds recordings by number and by the audio they hold together', () => {
    const service = admission();
    const [a, b] = [service.admitRecording(), service.admitRecording()];
    expect(() => service.admitRecording()).toThrow(overloaded);
    a.grow(60);
    expect(() => b.grow(41)).toThrow(overloaded);
    a.release();
    b.grow(41);
    expect(service.activeCalls).toBe(1);
  });

  it('keeps room for the other tenants where there are any, and gives it all to one that is alone', () => {
    const service = new AdmissionService({ growsLive: false, recordings: 4, recordingSeconds: 100 });
    service.setLiveCapacity('tiny', 4);
    for (let stream = 0; stream < 4; stream += 1) service.admitRecording('greedy');
    const quiet = service.admitLive('tiny', 'quiet');
    quiet.release();
    for (let stream = 0; stream < 3; stream += 1) service.admitLive('tiny', 'greedy');
    expect(() => service.admitLive('tiny', 'greedy')).toThrow(overloaded);
    service.admitLive('tiny', 'quiet');
    expect(service.activeCalls).toBe(8);
  });

  it('a recording that is released takes no more room, whatever of it still comes', () => {
    const service = admission();
    const left = service.admitRecording();
    left.release();
    left.grow(90);
    service.admitRecording().grow(100);
  });

  it('refuses everything while it drains and says when the last call has ended', async () => {
    const service = admission();
    const [live, recording] = [service.admitLive('tiny'), service.admitRecording()];
    let isDrained = false;
    const drained = service.drain().then(() => (isDrained = true));
    expect(() => service.admitLive('tiny')).toThrow(expect.objectContaining({ code: 'service.draining' }));
    expect(() => service.admitRecording()).toThrow(expect.objectContaining({ code: 'service.draining' }));
    live.release();
    await Promise.resolve();
    expect(isDrained).toBe(false);
    recording.release();
    await drained;
  });

  it('counts a stream by what its model takes of the machine', () => {
    const service = admission(10);
    service.setLiveCapacity('base', 4);
    for (let i = 0; i < 2; i++) service.admitLive('base');
    const tiny = Array.from({ length: 5 }, () => service.admitLive('tiny'));
    expect(service.load).toBeCloseTo(1);
    expect(() => service.admitLive('tiny')).toThrow(overloaded);
    tiny.forEach((ticket) => ticket.release());
    service.admitLive('base');
    expect(service.load).toBeCloseTo(0.75);
  });

  it('takes nobody on while those it has wait too long for their finals', () => {
    const service = admission(10);
    const first = service.admitLive('tiny');
    for (let i = 0; i < 10; i++) service.noteFinal(900);
    expect(() => service.admitLive('tiny')).toThrow(overloaded);
    first.release();
    service.admitLive('tiny');
  });
});

describe('AdmissionService that may take on more', () => {
  it('tells of the capacity that it has found out by early finals, and gives tenants their shares of that', () => {
    const told: number[] = [];
    const service = new AdmissionService(
      { growsLive: true, recordings: 1, recordingSeconds: 1 },
      { liveCapacity: (_, streams) => told.push(streams) },
    );
    service.setLiveCapacity('tiny', 4);
    for (let stream = 0; stream < 4; stream += 1) service.admitLive('tiny', 'one');
    expect(() => service.admitLive('tiny', 'one')).toThrow(overloaded);
    for (let final = 0; final < 8; final += 1) service.noteFinal(100);
    expect(told).toEqual([4, 5]);
    expect(service.liveCapacities.get('tiny')).toBe(5);
    expect(service.load).toBeCloseTo(0.8);
    service.admitLive('tiny', 'one');
  });
});

describe('capacityOf', () => {
  it('is what the time for one spoken utterance allows, and leaves room for a second client', () => {
    // 0.7 · 5 s / (0.7 · 0.5 s) = 10
    expect(capacityOf({ wallSeconds: 0.5, cpuSeconds: 1 }, 2)).toBe(10);
    expect(capacityOf({ wallSeconds: 0.25, cpuSeconds: 0.5 }, 2)).toBe(20);
    expect(capacityOf({ wallSeconds: 60, cpuSeconds: 120 }, 2)).toBe(2);
  });

  it('does not take for its own what others do with the processors', () => {
    // The clock says 2 s; the two threads worked for 1 s, so that 0.75 s is the most this takes on a quiet machine.
    expect(capacityOf({ wallSeconds: 2, cpuSeconds: 1 }, 2)).toBe(6);
  });
});
