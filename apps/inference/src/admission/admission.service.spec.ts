import { describe, expect, it } from '@jest/globals';
import { AdmissionService } from './admission.service.js';
import { capacityOf } from './capacity-probe.js';

const overloaded = expect.objectContaining({ code: 'inference.overloaded', retryable: true });

function admission(capacity = 2): AdmissionService {
  const service = new AdmissionService({ recordings: 2, recordingSeconds: 100 });
  service.setLiveCapacity(capacity);
  return service;
}

describe('AdmissionService', () => {
  it('takes live streams up to its capacity and one again when one has left', () => {
    const service = admission();
    const first = service.admitLive();
    service.admitLive();
    expect(service.load).toBe(1);
    expect(() => service.admitLive()).toThrow(overloaded);
    first.release();
    first.release();
    expect(service.activeCalls).toBe(1);
    service.admitLive();
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

  it('refuses everything while it drains and says when the last call has ended', async () => {
    const service = admission();
    const [live, recording] = [service.admitLive(), service.admitRecording()];
    let isDrained = false;
    const drained = service.drain().then(() => (isDrained = true));
    expect(() => service.admitLive()).toThrow(expect.objectContaining({ code: 'service.draining' }));
    expect(() => service.admitRecording()).toThrow(expect.objectContaining({ code: 'service.draining' }));
    live.release();
    await Promise.resolve();
    expect(isDrained).toBe(false);
    recording.release();
    await drained;
  });
});

describe('capacityOf', () => {
  it('grows with the workers and with their speed, and leaves room for a second client', () => {
    // 0.7 / (0.6 · (1.4 · 0.05 + 1.1 · 0.2 / 5)) = 10.2
    const times = { interimSeconds: 0.05, finalSeconds: 0.2 };
    expect(capacityOf(times, 1)).toBe(10);
    expect(capacityOf(times, 4)).toBe(40);
    expect(capacityOf({ interimSeconds: 0.1, finalSeconds: 0.4 }, 1)).toBe(5);
    expect(capacityOf({ interimSeconds: 60, finalSeconds: 60 }, 1)).toBe(2);
  });
});
