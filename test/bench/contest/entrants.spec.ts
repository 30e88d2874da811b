import { describe, expect, it } from '@jest/globals';
import { impossibleOffers, peerOffers, type OfferKind } from './entrants.js';

const enginesOf = (kind: OfferKind): Set<string> => new Set(peerOffers(kind).map(({ engine }) => engine));

describe('the peers of a contest', () => {
  it('are all engines in every precision where nothing special is asked', () => {
    expect([...enginesOf('best')].sort()).toEqual([
      'faster-whisper',
      'openai-whisper',
      'openvino-genai',
      'sherpa-onnx',
      'transformers.js',
      'whisper.cpp',
    ]);
    const openvino = peerOffers('best').filter(({ engine }) => engine === 'openvino-genai');
    expect(openvino.map(({ precision }) => precision).sort()).toEqual(['bf16', 'f32', 'int8']);
  });

  it.each<OfferKind>(['f32', 'beam', 'batched', 'fixed'])(
    'leave out who cannot do what %s asks, each with its reason',
    (kind) => {
      const offered = enginesOf(kind);
      expect(offered.size).toBeGreaterThan(0);
      for (const { peer, reason } of impossibleOffers(kind)) {
        expect(offered).not.toContain(peer);
        expect(reason).not.toBe('');
      }
    },
  );

  it('are in single precision alone where single precision is asked', () => {
    expect(new Set(peerOffers('f32').map(({ precision }) => precision))).toEqual(
      new Set(['f32', 'float32', 'fp32']),
    );
  });
});
