/** Field numbers of onnx.proto that a cut needs; everything else is copied as it is. */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const NODE = { input: 1, output: 2, name: 3 } as const;
const TENSOR_NAME = 8;
const VALUE_NAME = 1;

/** A model cut in two: what the front part gives is what the back part takes. Each is put together when it is asked for, since
 *  both are as large as their weights. */
export interface SplitModel {
  front(): Buffer;
  back(): Buffer;
}

interface Field {
  readonly number: number;
  /** With its tag. */
  readonly whole: Buffer;
  /** Content of a length-delimited field; empty for the others. */
  readonly content: Buffer;
}

interface Node {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Cuts an ONNX model before a node: its first input becomes the output of the one part and the input of the other.
 *  @param model  a serialised ModelProto with its weights inside
 *  @param reveal  an inner float tensor that the front part gives as its second output, where it makes it
 *  @returns undefined where there is no such node, or where the part behind it needs more than that one tensor */
export function splitGraph(model: Buffer, nodeName: string, reveal?: string): SplitModel | undefined {
  const modelFields = [...fieldsOf(model)];
  const graph = [...fieldsOf(modelFields.find(({ number }) => number === MODEL_GRAPH)!.content)];
  const nodes = new Map(
    graph.filter(({ number }) => number === GRAPH.node).map((field) => [field, readNode(field.content)]),
  );
  const tensor = [...nodes.values()].find(({ name }) => name === nodeName)?.inputs[0];
  const results = graph.filter(({ number }) => number === GRAPH.output).map(nameOfValue);
  if (tensor === undefined || results.length === 0) return undefined;
  const behind = nodesBehind(nodes, tensor, results);
  const read = new Set([...behind].flatMap((field) => nodes.get(field)!.inputs));
  const inputs = graph.filter(({ number }) => number === GRAPH.input).map(nameOfValue);
  if (inputs.some((name) => read.has(name))) return undefined;

  const isWeightBehind = (field: Field): boolean => read.has(nameOfTensor(field));
  const readBefore = new Set(
    [...nodes].flatMap(([field, node]) => (isKept(field, nodes, behind) ? node.inputs : [])),
  );
  const front = graph.filter((field) => {
    if (field.number === GRAPH.node) return isKept(field, nodes, behind);
    if (field.number === GRAPH.initializer)
      return !isWeightBehind(field) || readBefore.has(nameOfTensor(field));
    return field.number !== GRAPH.output && field.number !== GRAPH.valueInfo;
  });
  const back = graph.filter((field) => {
    if (field.number === GRAPH.node) return behind.has(field);
    if (field.number === GRAPH.initializer) return isWeightBehind(field);
    return field.number !== GRAPH.input && field.number !== GRAPH.valueInfo;
  });
  const revealed = front.some((field) => reveal !== undefined && nodes.get(field)?.outputs.includes(reveal));
  const assemble = (kept: readonly Field[], edge: number, also: readonly Buffer[] = []): Buffer => {
    const others = modelFields.filter(({ number }) => number !== MODEL_GRAPH).map(({ whole }) => whole);
    const content = [...kept.map(({ whole }) => whole), delimited(edge, floatTensor(tensor)), ...also];
    const length = content.reduce((sum, { length }) => sum + length, 0);
    return Buffer.concat([...others, head(MODEL_GRAPH, length), ...content]);
  };
  const also = revealed ? [delimited(GRAPH.output, floatTensor(reveal!))] : [];
  return { front: () => assemble(front, GRAPH.output, also), back: () => assemble(back, GRAPH.input) };
}

/** What a model has to be followed by so that an inner float tensor becomes its last output: protobuf joins a message that comes twice.
 *  @param model  a serialised ModelProto
 *  @returns undefined where no node makes the tensor */
export function furtherOutput(model: Buffer, tensor: string): Buffer | undefined {
  const graph = [...fieldsOf(model)].find(({ number }) => number === MODEL_GRAPH);
  const nodes = graph ? [...fieldsOf(graph.content)].filter(({ number }) => number === GRAPH.node) : [];
  if (!nodes.some(({ content }) => readNode(content).outputs.includes(tensor))) return undefined;
  return delimited(MODEL_GRAPH, delimited(GRAPH.output, floatTensor(tensor)));
}

/** Nodes that make the results out of `tensor` and constants. */
function nodesBehind(
  nodes: ReadonlyMap<Field, Node>,
  tensor: string,
  results: readonly string[],
): ReadonlySet<Field> {
  const makers = new Map([...nodes].flatMap(([field, { outputs }]) => outputs.map((name) => [name, field])));
  const found = new Set<Field>();
  const wanted = [...results];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const maker = name === tensor ? undefined : makers.get(name);
    if (!maker || found.has(maker)) continue;
    found.add(maker);
    wanted.push(...nodes.get(maker)!.inputs);
  }
  return found;
}

/** Constants may be read on both sides. */
function isKept(field: Field, nodes: ReadonlyMap<Field, Node>, behind: ReadonlySet<Field>): boolean {
  return nodes.has(field) && (!behind.has(field) || nodes.get(field)!.inputs.length === 0);
}

function readNode(content: Buffer): Node {
  const texts = (wanted: number): string[] =>
    [...fieldsOf(content)].filter(({ number }) => number === wanted).map((field) => field.content.toString());
  return { name: texts(NODE.name)[0] ?? '', inputs: texts(NODE.input), outputs: texts(NODE.output) };
}

function nameOfTensor({ content }: Field): string {
  return nameIn(content, TENSOR_NAME);
}

function nameOfValue({ content }: Field): string {
  return nameIn(content, VALUE_NAME);
}

function nameIn(content: Buffer, wanted: number): string {
  for (const { number, content: text } of fieldsOf(content)) if (number === wanted) return text.toString();
  return '';
}

/** ValueInfoProto of a float tensor of any shape: type (2) · tensor_type (1) · elem_type (1) FLOAT (1). */
function floatTensor(name: string): Buffer {
  const elementType = Buffer.from([0x08, 0x01]);
  return Buffer.concat([delimited(VALUE_NAME, Buffer.from(name)), delimited(2, delimited(1, elementType))]);
}

/** The fields of a protobuf message, in order. */
function* fieldsOf(message: Buffer): Generator<Field> {
  for (let at = 0; at < message.length;) {
    const start = at;
    let tag: number;
    [tag, at] = varint(message, at);
    let content: Buffer = message.subarray(at, at);
    switch (tag & 7) {
      case 0:
        [, at] = varint(message, at);
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        let length: number;
        [length, at] = varint(message, at);
        content = message.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error('this is no ONNX model');
    }
    yield { number: tag >>> 3, whole: message.subarray(start, at), content };
  }
}

function varint(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error('this is no ONNX model');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
  }
}

function delimited(number: number, content: Buffer): Buffer {
  return Buffer.concat([head(number, content.length), content]);
}

/** Tag and length of a length-delimited field. */
function head(number: number, length: number): Buffer {
  const bytes = [(number << 3) | 2];
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}
