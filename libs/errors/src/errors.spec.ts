import { describe, expect, it } from '@jest/globals';
import { AppError } from './app-error.js';
import { ERROR_TABLE, errorRow, isErrorCode, type ErrorCode } from './error-table.js';
import {
  fromGrpcError,
  toDeepgramErrorBody,
  toInferenceErrorBody,
  toErrorBody,
  toGrpcFault,
  toOpenAiErrorBody,
} from './error-views.js';

const codes = Object.keys(ERROR_TABLE) as ErrorCode[];

describe('the error table', () => {
  it('gives every code a status that each API can send', () => {
    for (const code of codes) {
      const row = errorRow(code);
      expect(code).toMatch(/^[a-z]+\.[a-z_]+$/);
      expect(row.http).toBeGreaterThanOrEqual(400);
      expect(row.grpc).toBeGreaterThanOrEqual(1);
      expect(row.grpc).toBeLessThanOrEqual(16);
      expect([1011, 1012].includes(row.ws) || (row.ws >= 4000 && row.ws < 5000)).toBe(true);
    }
  });

  it('hints when to come back only where coming back can help', () => {
    for (const code of codes.filter((each) => errorRow(each).retryAfterSeconds !== undefined)) {
      expect(errorRow(code).retryable).toBe(true);
    }
  });

  it('does not take an inherited property for a code', () => {
    expect(isErrorCode('toString')).toBe(false);
  });
});

describe('a fault that an API answers', () => {
  it('shows code, message and hint, and never its cause', () => {
    const fault = new AppError('inference.overloaded', 'All streams are taken.', {
      cause: new Error('10.0.0.7 refused'),
    });
    const rendered = JSON.stringify([
      toErrorBody(fault, 'request-1'),
      toOpenAiErrorBody(fault),
      toDeepgramErrorBody(fault, 'request-1'),
      toGrpcFault(fault),
    ]);
    expect(toErrorBody(fault, 'request-1').error).toEqual({
      code: 'inference.overloaded',
      message: 'All streams are taken.',
      retryable: true,
      retryAfterSeconds: 2,
      requestId: 'request-1',
    });
    expect(rendered).not.toContain('10.0.0.7');
  });

  it('turns what nobody foresaw into internal.unexpected without its text', () => {
    expect(JSON.stringify(toErrorBody(new TypeError('x is undefined at secret.ts'), 'r'))).not.toContain(
      'secret',
    );
    expect(toOpenAiErrorBody('thrown text').error).toMatchObject({
      code: 'internal.unexpected',
      type: 'server_error',
    });
  });

  it("names the field at fault in OpenAI's shape, by the code where nobody has named it", () => {
    const paramOf = (fault: AppError) => toOpenAiErrorBody(fault).error.param;
    expect(paramOf(new AppError('request.invalid', 'speed: is too fast', { param: 'speed' }))).toBe('speed');
    expect(paramOf(new AppError('model.not_found', 'There is no such model.'))).toBe('model');
    expect(paramOf(new AppError('audio.corrupt', 'x', { param: 'audio' }))).toBe('audio');
    expect(paramOf(new AppError('auth.invalid_token', 'x'))).toBeNull();
  });

  it("has Deepgram's code where Deepgram has one, else its own, and its own in any case", () => {
    const fault = new AppError('auth.invalid_token', 'The key is not known.');
    expect(toDeepgramErrorBody(fault, 'r')).toEqual({
      err_code: 'INVALID_AUTH',
      err_msg: 'The key is not known.',
      request_id: 'r',
      code: 'auth.invalid_token',
    });
    expect(toDeepgramErrorBody(new AppError('audio.corrupt', 'x'), 'r').err_code).toBe('audio.corrupt');
    expect(toInferenceErrorBody(new AppError('model.not_found', 'There is none.'))).toEqual({
      error: 'model.not_found: There is none.',
    });
  });

  it('survives a gRPC hop with its code and hint', () => {
    const sent = toGrpcFault(new AppError('quota.exceeded', 'Enough for now.', { retryAfterSeconds: 7 }));
    const metadata = { get: (key: string) => (sent.trailers[key] === undefined ? [] : [sent.trailers[key]]) };
    expect(fromGrpcError({ code: sent.code, details: sent.details, metadata })).toMatchObject({
      code: 'quota.exceeded',
      message: 'Enough for now.',
      retryAfterSeconds: 7,
    });
  });

  it('calls a peer that is gone retryable, in the words of the caller', () => {
    const gone = { code: 14, details: 'connect ECONNREFUSED 10.0.0.7:50061' };
    const seen = fromGrpcError(gone, 'inference.interrupted');
    expect(seen).toMatchObject({ code: 'inference.interrupted', retryable: true });
    expect(seen.message).not.toContain('10.0.0.7');
  });
});
