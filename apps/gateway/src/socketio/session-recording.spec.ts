import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError, toAppError } from '@parlance/errors';
import type { EventSocket } from './event-socket.js';
import { InboundQueue } from './inbound-queue.js';
import { SessionChannel } from './session-channel.js';
import { SessionRecording } from './session-recording.js';

const SESSION = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const RAW = { encoding: 'linear16' } as const;
const IDLE_MS = 5_000;

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] }));
afterEach(() => void jest.useRealTimers());

type Settings = ConstructorParameters<typeof SessionRecording>[2];

/** A recording of a session, with what its client is told and what the conversation is given. */
function recorded(settings: Partial<Settings> = {}, startFault?: AppError) {
  const told: string[] = [];
  const pushed: string[] = [];
  const note = (name: string) => Promise.resolve(void told.push(name));
  const client = { send: note, tell: () => undefined };
  const socket = {
    client: client as unknown as EventSocket,
    requestId: 'request',
    queue: new InboundQueue(),
    report: (error: unknown, { missing }: { missing?: number[] }) =>
      void told.push(`${toAppError(error).code}${missing ? ` ${missing}` : ''}`),
  };
  const conversation = {
    startSpeech: async () => {
      if (startFault) throw startFault;
    },
    push: async (bytes: Buffer) => void pushed.push(bytes.toString()),
    stopSpeech: async () => void told.push('recognised to the end'),
  };
  const recording = new SessionRecording(
    new SessionChannel(SESSION, socket),
    conversation,
    { sttMode: 'auto', language: 'en', ...settings },
    { model: '', idleMs: IDLE_MS },
  );
  const push = (index: number, isLast = false) =>
    recording.push({ index, bytes: Buffer.from(`c${index}`), isLast, metadata: undefined });
  return { recording, push, told, pushed };
}

const ENDED = ['voice:recording-stopped', 'voice:processing', 'recognised to the end'];

describe('a recording of a session', () => {
  it('is started, pushed and stopped, in this order only', async () => {
    const { recording, push, told, pushed } = recorded();
    await expect(push(0)).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await recording.start(RAW)).toBe('server');
    await expect(recording.start(RAW)).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await push(0)).toBe(true);
    expect(await push(0)).toBe(false);
    expect(await recording.stop()).toBe(1);
    await expect(recording.stop()).rejects.toMatchObject({ code: 'request.invalid' });
    expect(pushed).toEqual(['c0']);
    expect(told).toEqual(['voice:recording-started', ...ENDED]);
  });

  it('ends with its last chunk', async () => {
    const { recording, push, told } = recorded();
    await recording.start(RAW);
    await push(1, true);
    await push(0);
    expect(recording.isRunning).toBe(false);
    expect(told.slice(1)).toEqual(ENDED);
  });

  it('waits a second for a chunk that is due, tells that it is missing and goes on', async () => {
    const { recording, push, told, pushed } = recorded();
    await recording.start(RAW);
    await push(0);
    await push(3);
    await jest.advanceTimersByTimeAsync(900);
    expect(pushed).toEqual(['c0']);
    await jest.advanceTimersByTimeAsync(200);
    expect(pushed).toEqual(['c0', 'c3']);
    expect(told.at(-1)).toBe('audio.chunks_missing 1,2');
    expect(await push(4)).toBe(true);
    await recording.stop();
  });

  it('is ended where no chunk comes for too long', async () => {
    const { recording, push, told } = recorded();
    await recording.start(RAW);
    await jest.advanceTimersByTimeAsync(IDLE_MS - 100);
    await push(0);
    await jest.advanceTimersByTimeAsync(IDLE_MS - 100);
    expect(recording.isRunning).toBe(true);
    await jest.advanceTimersByTimeAsync(200);
    expect(told.slice(1)).toEqual(['stream.idle_timeout', ...ENDED]);
  });

  it('is refused where it has no sound, or none that can be read, and the next one may start', async () => {
    const { recording, push, told } = recorded();
    await recording.start(undefined);
    await expect(recording.stop()).rejects.toMatchObject({ code: 'audio.empty' });
    await recording.start(undefined);
    await expect(push(0)).rejects.toMatchObject({ code: 'audio.unsupported_format' });
    expect(told.at(-1)).toBe('recognised to the end');
    expect(await recording.start(RAW)).toBe('server');
    await recording.endQuietly();
  });

  const down = new AppError('inference.overloaded', 'All are busy.');
  it.each([
    ['the session wants it so', { sttMode: 'browser' }, undefined],
    ['recognition is down and the session changes by itself', { sttMode: 'auto' }, down],
  ] as const)('is made in the browser where %s', async (_, settings, fault) => {
    const { recording, told } = recorded(settings, fault);
    expect(await recording.start(RAW)).toBe('browser');
    expect(told).toEqual(['voice:use-browser-stt']);
    expect(recording.isRunning).toBe(false);
  });

  it.each([
    ['recognition is down and the session wants the server', { sttMode: 'server' }, down],
    ['the fault is of the request', { sttMode: 'auto' }, new AppError('model.not_found', 'None.')],
  ] as const)('fails where %s', async (_, settings, fault) => {
    const { recording, told } = recorded(settings, fault);
    await expect(recording.start(RAW)).rejects.toBe(fault);
    expect(told).toEqual([]);
  });
});
