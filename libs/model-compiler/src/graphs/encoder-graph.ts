import { float, GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';
import type { WeightIndex } from '../onnx/weight-file.js';
import type { Dimensions } from '../whisper/dimensions.js';
import { biasName, type Form } from '../whisper/weight-forms.js';
import { addAndNorm, feedForward, layerNorm, linear, project, splitHeads } from './layers.js';

/** mel [b, mels, F] → cross_k_l, cross_v_l [b, heads, F/2, head width] for each decoder layer l:
 *  the audio's keys and values are computed here, once, and not by the decoder. */
export function encoderGraph(weights: WeightIndex, dims: Dimensions, form: Form): Uint8Array {
  const g = GraphBuilder.create('encoder', weights);
  encode(g, dims, form);
  return g.encode();
}

/** As encoderGraph in f32, with one more output: layers [b, F/2, layers · width], for each frame the residual stream behind each
 *  block, one after the other, the last one normalised. A graph of its own, since an output that nobody asks for is computed all the
 *  same and keeps what the runtime would merge apart. */
export function layersGraph(weights: WeightIndex, dims: Dimensions): Uint8Array {
  const g = GraphBuilder.create('layers', weights);
  const streams = encode(g, dims, 'f32');
  g.op('Concat', streams, { axis: -1 }, 'layers');
  g.output('layers', 'float32', ['b', 'frames', dims.encoderLayers * dims.encoderWidth]);
  return g.encode();
}

/** @returns what leaves each block, the last one normalised: [b, F/2, width] each */
function encode(g: GraphBuilder, dims: Dimensions, form: Form): readonly string[] {
  const { encoderWidth: width, encoderFeedForward: inner } = dims;
  const streams: string[] = [];
  let residual = embedFrames(g, dims, form);
  let normal = layerNorm(g, residual, 'encoder.layers.0.self_attn_layer_norm');
  for (let l = 0; l < dims.encoderLayers; l++) {
    const block = `encoder.layers.${l}`;
    const attended = selfAttention(g, normal, block, dims, form);
    const square = { inputs: width, outputs: width };
    const whole = form === 'f16' ? 'f16' : 'f32';
    const projected = linear(g, attended, `${block}.self_attn.out_proj`, square, whole);
    ({ normal, residual } = addAndNorm(g, residual, projected, `${block}.final_layer_norm`));
    const mlpOut = feedForward(g, normal, block, { inputs: width, outputs: inner }, form);
    const next =
      l + 1 < dims.encoderLayers ? `encoder.layers.${l + 1}.self_attn_layer_norm` : 'encoder.layer_norm';
    ({ normal, residual } = addAndNorm(g, residual, mlpOut, next));
    streams.push(l + 1 < dims.encoderLayers ? residual : normal);
  }
  crossKeysAndValues(g, normal, dims, form);
  return streams;
}

/** Two convolutions (the second halves the frames) and sinusoidal positions → [b, F/2, width]. */
function embedFrames(g: GraphBuilder, { mels, encoderWidth }: Dimensions, form: Form): string {
  const given = g.input('mel', 'float32', ['b', mels, 'F']);
  const mel = form === 'f16' ? g.op('Cast', [given], { to: ELEMENT.float16 }) : given;
  const convolve = (x: string, name: string, stride: number): string =>
    g.op('Gelu', [
      g.op('Conv', [x, g.weight(`${name}.weight`), g.weight(`${name}.bias`)], {
        kernel_shape: [3],
        pads: [1, 1],
        strides: [stride],
      }),
    ]);
  const frames = convolve(convolve(mel, 'encoder.conv1', 1), 'encoder.conv2', 2);
  const sequence = g.op('Transpose', [frames], { perm: [0, 2, 1] });
  const length = g.op('Shape', [sequence], { start: 1, end: 2 });
  const positions = g.op('Slice', [
    g.weight('encoder.embed_positions.weight'),
    g.ints([0]),
    length,
    g.ints([0]),
  ]);
  return g.op('Reshape', [g.op('Add', [sequence, positions]), g.ints([0, 0, encoderWidth])]);
}

function selfAttention(
  g: GraphBuilder,
  x: string,
  block: string,
  { encoderHeads, encoderWidth }: Dimensions,
  form: Form,
): string {
  const layers = ['q', 'k', 'v'].map((part) => `${block}.self_attn.${part}_proj`);
  const shape = { inputs: encoderWidth, outputs: encoderWidth };
  const projections = layers.map((layer) => project(g, x, layer, shape, form));
  const bias = g.op(
    'Concat',
    layers.map((layer) => g.weight(biasName(layer))),
    { axis: 0 },
  );
  const scale = float((encoderWidth / encoderHeads) ** -0.5);
  return g.contrib('MultiHeadAttention', [...projections, bias], { num_heads: encoderHeads, scale });
}

function crossKeysAndValues(g: GraphBuilder, x: string, dims: Dimensions, form: Form): void {
  const { decoderHeads: heads, decoderWidth, encoderWidth } = dims;
  const shape = { inputs: encoderWidth, outputs: decoderWidth };
  for (let l = 0; l < dims.decoderLayers; l++) {
    for (const part of ['k', 'v'] as const) {
      const layer = `decoder.layers.${l}.encoder_attn.${part}_proj`;
      const projected = part === 'k' ? project(g, x, layer, shape, form) : linear(g, x, layer, shape, form);
      const name = `cross_${part}_${l}`;
      const split = splitHeads(g, projected, heads, decoderWidth / heads, form === 'f16' ? undefined : name);
      if (form === 'f16') g.op('Cast', [split], { to: ELEMENT.float32 }, name);
      g.output(name, 'float32', ['b', heads, 'frames', decoderWidth / heads]);
    }
  }
}
