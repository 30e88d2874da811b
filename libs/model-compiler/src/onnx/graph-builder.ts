import { ATTRIBUTE, ELEMENT, EXTERNAL, encodeModel, type ElementType, type Message } from './onnx-proto.js';
import type { WeightEntry, WeightIndex } from './weight-file.js';

/** Contributed operators of ONNX Runtime. */
const MICROSOFT = 'com.microsoft';
const OPSET = 20;
const IR_VERSION = 9;

export type Dimension = number | string;
/** Attribute values: a whole number is an int unless wrapped by `float()`. */
export type Attribute = number | string | readonly number[] | GraphBuilder | { readonly float: number };

export const float = (value: number): Attribute => ({ float: value });

/** What several graphs of one file share: constants, weights, fresh names. A Loop or If body sees its outer graph's values by name. */
interface Scope {
  readonly weights: WeightIndex;
  readonly constants: Map<string, Message>;
  counter: number;
}

/** Builds one ONNX graph node by node. Values are their names; '' is an omitted optional input. */
export class GraphBuilder {
  private readonly nodes: Message[] = [];
  private readonly initializers = new Map<string, Message>();
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private readonly declared: Message[] = [];

  private constructor(
    private readonly name: string,
    private readonly scope: Scope,
  ) {}

  static create(name: string, weights: WeightIndex): GraphBuilder {
    return new GraphBuilder(name, { weights, constants: new Map(), counter: 0 });
  }

  /** A body for Loop or If. Constants live in the outermost graph; weights in the graph that uses them, because the runtime
   *  lays out matrices for its kernels only where they are the graph's own. */
  subgraph(name: string): GraphBuilder {
    return new GraphBuilder(name, this.scope);
  }

  input(name: string, element: ElementType, dims?: readonly Dimension[]): string {
    this.inputs.push(valueInfo(name, element, dims));
    return name;
  }

  output(name: string, element: ElementType, dims?: readonly Dimension[]): string {
    this.outputs.push(valueInfo(name, element, dims));
    return name;
  }

  /** States an inner value's type where an operator's schema leaves it open. */
  declare(name: string, element: ElementType): void {
    this.declared.push(valueInfo(name, element));
  }

  /** Adds a node with one output and returns its name. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output?: string,
  ): string {
    const name = output ?? this.fresh(type);
    this.node(type, inputs, [name], attributes);
    return name;
  }

  /** Adds a node with `count` outputs; '' entries of `outputs` are omitted ones. */
  node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): readonly string[] {
    this.nodes.push({
      opType: type,
      domain,
      input: inputs,
      output: outputs,
      name: this.fresh(`node_${type}`),
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return outputs;
  }

  /** As `op`, for ONNX Runtime's contributed operators. */
  contrib(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output?: string,
  ): string {
    const name = output ?? this.fresh(type);
    this.node(type, inputs, [name], attributes, MICROSOFT);
    return name;
  }

  /** As `node`, for ONNX Runtime's contributed operators. */
  contribNode(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.node(type, inputs, outputs, attributes, MICROSOFT);
  }

  /** Refers to a weight in the external-data files; graphs that share it share its bytes. */
  weight(name: string): string {
    const [rows = 1] = this.entry(name).dims;
    return this.weightRows(name, 0, rows);
  }

  /** Refers to rows [from, to) of a weight's first dimension. */
  weightRows(name: string, from: number, to: number): string {
    const { element, dims, file, offset, length } = this.entry(name);
    const [rows = 1, ...rest] = dims;
    const isWhole = from === 0 && to === rows;
    const own = isWhole ? name : `${name}[${from}:${to}]`;
    if (!this.scope.constants.has(own)) {
      const row = length / rows;
      this.scope.constants.set(own, {
        name: own,
        dims: isWhole ? dims : [to - from, ...rest],
        dataType: ELEMENT[element],
        dataLocation: EXTERNAL,
        externalData: [
          { key: 'location', value: file },
          { key: 'offset', value: String(offset + from * row) },
          { key: 'length', value: String((to - from) * row) },
        ],
      });
    }
    return own;
  }

  private entry(name: string): WeightEntry {
    const entry = this.scope.weights.get(name);
    if (!entry) throw new Error(`no weight named ${name}`);
    return entry;
  }

  ints(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant('int64', dims, BigInt64Array.from(values, BigInt));
  }

  int(value: number): string {
    return this.ints([value], []);
  }

  int32(value: number): string {
    return this.constant('int32', [], Int32Array.of(value));
  }

  uint32(value: number): string {
    return this.constant('uint32', [], Uint32Array.of(value));
  }

  floats(values: Float32Array | readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant('float32', dims, Float32Array.from(values));
  }

  number(value: number): string {
    return this.floats([value], []);
  }

  fresh(hint: string): string {
    return `${hint}_${++this.scope.counter}`;
  }

  /** @returns the .onnx file's bytes. */
  encode(): Uint8Array {
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: 'parlance',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: MICROSOFT, version: 1 },
      ],
      graph: {
        ...this.message(),
        initializer: [...this.scope.constants.values(), ...this.initializers.values()],
      },
    });
  }

  message(): Message {
    return {
      name: this.name,
      node: this.nodes,
      input: this.inputs,
      output: this.outputs,
      valueInfo: this.declared,
    };
  }

  private constant(
    element: ElementType,
    dims: readonly number[],
    data: BigInt64Array | Float32Array | Int32Array | Uint32Array,
  ): string {
    const rawData = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = `constant_${element}_${dims.join('x')}_${rawData.length <= 64 ? rawData.toString('hex') : this.fresh('big')}`;
    this.scope.constants.set(key, { name: key, dims, dataType: ELEMENT[element], rawData });
    return key;
  }
}

function valueInfo(name: string, element: ElementType, dims?: readonly Dimension[]): Message {
  const shape = dims && {
    dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })),
  };
  return { name, type: { tensorType: { elemType: ELEMENT[element], ...(shape && { shape }) } } };
}

function attribute(name: string, value: Attribute): Message {
  if (value instanceof GraphBuilder) return { name, type: ATTRIBUTE.graph, g: value.message() };
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: value };
}
