/** Where a tensor of Hugging Face's layout lies in a CTranslate2 Whisper: `part` of `parts` of a variable, along the first axis. */
export interface Ctranslate2Location {
  readonly variable: string;
  readonly part: number;
  readonly parts: number;
}

const whole = (variable: string): Ctranslate2Location => ({ variable, part: 0, parts: 1 });

/** What lies outside the layers (CTranslate2, python/ctranslate2/specs/whisper_spec.py and transformer_spec.py). */
const OUTER: ReadonlyMap<string, string> = new Map([
  ['encoder.conv1', 'encoder/conv1'],
  ['encoder.conv2', 'encoder/conv2'],
  ['encoder.embed_positions.weight', 'encoder/position_encodings/encodings'],
  ['encoder.layer_norm', 'encoder/layer_norm'],
  ['decoder.embed_tokens', 'decoder/embeddings'],
  ['decoder.embed_positions.weight', 'decoder/position_encodings/encodings'],
  ['decoder.layer_norm', 'decoder/layer_norm'],
]);

/** Layers of a block. Self-attention's queries, keys and values lie in one tensor, and so do cross-attention's keys and values. */
const INNER: ReadonlyMap<string, Ctranslate2Location> = new Map([
  ['self_attn.q_proj', { variable: 'self_attention/linear_0', part: 0, parts: 3 }],
  ['self_attn.k_proj', { variable: 'self_attention/linear_0', part: 1, parts: 3 }],
  ['self_attn.v_proj', { variable: 'self_attention/linear_0', part: 2, parts: 3 }],
  ['self_attn.out_proj', whole('self_attention/linear_1')],
  ['self_attn_layer_norm', whole('self_attention/layer_norm')],
  ['encoder_attn.q_proj', whole('attention/linear_0')],
  ['encoder_attn.k_proj', { variable: 'attention/linear_1', part: 0, parts: 2 }],
  ['encoder_attn.v_proj', { variable: 'attention/linear_1', part: 1, parts: 2 }],
  ['encoder_attn.out_proj', whole('attention/linear_2')],
  ['encoder_attn_layer_norm', whole('attention/layer_norm')],
  ['fc1', whole('ffn/linear_0')],
  ['fc2', whole('ffn/linear_1')],
  ['final_layer_norm', whole('ffn/layer_norm')],
]);

/** @param name such as `model.encoder.layers.0.self_attn.q_proj.weight`; undefined where CTranslate2 has no such tensor */
export function locationOf(name: string): Ctranslate2Location | undefined {
  const path = /^model\.(.*)$/.exec(name)?.[1];
  if (path === undefined) return undefined;
  const outer = OUTER.get(path);
  if (outer !== undefined) return whole(outer);
  const [, layer = '', kind = ''] = /^(.*)\.(weight|bias)$/.exec(path) ?? [];
  const outerLayer = OUTER.get(layer);
  if (outerLayer !== undefined) return whole(`${outerLayer}/${leafOf(outerLayer, kind)}`);
  const [, side, index, inner = ''] = /^(encoder|decoder)\.layers\.(\d+)\.(.*)$/.exec(layer) ?? [];
  const location = INNER.get(inner);
  return (
    location && {
      ...location,
      variable: `${side}/layer_${index}/${location.variable}/${leafOf(location.variable, kind)}`,
    }
  );
}

function leafOf(layer: string, kind: string): string {
  if (!layer.endsWith('layer_norm')) return kind;
  return kind === 'weight' ? 'gamma' : 'beta';
}
