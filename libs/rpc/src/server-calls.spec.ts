import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { metricsRegistry } from '@parlance/telemetry';
import { cancelSignal, failCall } from './server-calls.js';

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

describe('a call that fails', () => {
  it('is counted by the code of its fault', async () => {
    const call = { emit: () => true };
    failCall(call, new AppError('inference.interrupted', 'A worker was lost.'));
    failCall(call, new AppError('inference.interrupted', 'A worker was lost.'));
    failCall(call, new Error('not foreseen'));
    const page = await metricsRegistry.metrics();
    expect(page).toContain('parlance_rpc_server_faults_total{code="inference.interrupted"} 2');
    expect(page).toContain('parlance_rpc_server_faults_total{code="internal.unexpected"} 1');
  });
});
