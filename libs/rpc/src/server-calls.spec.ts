import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { cancelSignal } from './server-calls.js';

const aCall = (cancelled: boolean) => Object.assign(new EventEmitter(), { cancelled });

describe('the signal of a call', () => {
  it('fires when its client leaves, also where it left before', () => {
    const call = aCall(false);
    const signal = cancelSignal(call);
    expect(signal.aborted).toBe(false);
    call.emit('cancelled');
    expect(signal.aborted).toBe(true);
    expect(cancelSignal(aCall(true)).aborted).toBe(true);
  });
});
