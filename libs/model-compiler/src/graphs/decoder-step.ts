import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { Dimensions } from '../whisper/dimensions.js';
import type { SpecialTokens } from '../whisper/special-tokens.js';
import { elementOf, type ModelPrecision } from '../whisper/weight-forms.js';
import { cacheNames, type Layout, type Suppression } from './decode-state.js';
import { decoderStack, embedNext, type StackOptions } from './decoder-stack.js';
import { vocabularyLogits } from './layers.js';
import { range, type RangeLogits } from './token-rules.js';

/** Names of a Loop body's inputs, and of the caches it gives on. */
export const at = (name: string): string => `at_${name}`;
export const longer = (name: string): string => `longer_${name}`;

/** What every decoding graph knows of its model. */
export interface DecoderContext {
  readonly dims: Dimensions;
  readonly precision: ModelPrecision;
  readonly tokens: SpecialTokens;
  readonly suppressed: Suppression;
}

/** The same where each row keeps a cache of its own. */
export interface RowContext extends DecoderContext {
  /** As StackOptions has it. */
  readonly crossLengths: string;
  readonly layout: Layout;
}

/** One step of each row inside a Loop body: at_last_token [r, 1] and at_self_* → logits, and longer_self_* one position longer. */
export function decoderStep(g: GraphBuilder, context: RowContext): RangeLogits {
  const { dims, precision, layout, crossLengths } = context;
  enterStep(g, context);
  const length = g.op('Shape', [at('self_k_0')], { start: 2, end: 3 });
  const withNext = g.op('Add', [length, g.ints([1])]);
  const position = g.op('Sub', [length, layout.start]);
  const embedded = embedNext(g, at('last_token'), position, dims, precision);
  return stepLogits(g, context, embedded, {
    selfBias: g.op('Slice', [layout.padding, g.ints([0]), withNext, g.ints([3])]),
    fold: layout.fold,
    crossLengths,
  });
}

/** Declares the caches a Loop body is given. */
export function enterStep(g: GraphBuilder, { dims, precision }: DecoderContext): void {
  for (const name of cacheNames(dims)) g.input(at(name), elementOf(precision));
}

/** Decoder layers and vocabulary inside a Loop body: embedded tokens [b, n, width] → logits of b·n rows, and longer_self_*. */
export function stepLogits(
  g: GraphBuilder,
  { dims, precision, tokens, suppressed }: DecoderContext,
  embedded: string,
  attention: Pick<StackOptions, 'selfBias' | 'fold' | 'crossLengths' | 'isSideBySide'>,
): RangeLogits {
  const hidden = decoderStack(g, embedded, dims, {
    ...attention,
    precision,
    past: (part, l) => at(`self_${part}_${l}`),
    present: (part, l) => longer(`self_${part}_${l}`),
  });
  const last = g.op('Reshape', [hidden, g.ints([-1, dims.decoderWidth])]);
  const logits = (from: number, to: number, bias: string): string =>
    vocabularyLogits(g, last, { width: dims.decoderWidth, from, to }, precision, bias);
  return {
    text: logits(0, tokens.timestampBegin, suppressed.text),
    timestamps: logits(tokens.timestampBegin, dims.vocabulary, suppressed.timestamps),
  };
}

/** The first token's logits, from the prefill's [r, V]: blanks are suppressed too. */
export function firstLogits(g: GraphBuilder, context: DecoderContext, logits: string): RangeLogits {
  const { dims, tokens, suppressed } = context;
  const withoutBlank = g.op('Add', [logits, 'blank_suppress']);
  return {
    text: g.op('Add', [range(g, withoutBlank, 0, tokens.timestampBegin), suppressed.text]),
    timestamps: g.op('Add', [
      range(g, withoutBlank, tokens.timestampBegin, dims.vocabulary),
      suppressed.timestamps,
    ]),
  };
}
