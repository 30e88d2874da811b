import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '@parlance/errors';
import { locationOf, type Ctranslate2Location } from './ctranslate2-names.js';
import { widenFloat16 } from './half-floats.js';
import { readBytes, type TensorFile } from './tensor-file.js';

/** Names of the format's element types (CTranslate2, types.h), by their numbers; bytes of those that the compiler takes. */
const TYPES = ['float32', 'int8', 'int16', 'int32', 'float16', 'bfloat16'] as const;
const ELEMENT_BYTES: Partial<Record<string, number>> = { float32: 4, float16: 2 };
const VERSION = 6;
const SPEC = 'WhisperSpec';
/** More than any Whisper has; a broken file must not be walked for ever. */
const MAX_VARIABLES = 100_000;

interface Variable {
  readonly shape: readonly number[];
  readonly type: string;
  readonly begin: number;
  readonly bytes: number;
}

/** model.bin of a Whisper that CTranslate2's converter has written (binary version 6), in float32 or float16. Its tensors are
 *  given by Hugging Face's names: queries, keys and values that lie joined are cut apart. */
export class Ctranslate2File implements TensorFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly label: string,
    private readonly variables: ReadonlyMap<string, Variable>,
  ) {}

  /** @param label the file's name as it may be shown to a client
   *  @throws AppError model.invalid: not of this format, another model, or a type that is not taken, by its name */
  static async open(path: string, label: string): Promise<Ctranslate2File> {
    const handle = await open(path, 'r').catch((cause: unknown) => {
      throw new AppError('model.invalid', `The model file ${label} is missing.`, { cause });
    });
    try {
      const { size } = await handle.stat();
      const file = new Ctranslate2File(handle, label, await new ContentsReader(handle, size, label).read());
      await file.check();
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  has(name: string): boolean {
    const location = locationOf(name);
    return location !== undefined && this.variables.has(location.variable);
  }

  shape(name: string): readonly number[] {
    const { location, variable } = this.find(name);
    const [rows = 0, ...others] = variable.shape;
    return location.parts === 1 ? variable.shape : [rows / location.parts, ...others];
  }

  async read(name: string): Promise<Float32Array> {
    const { location, variable } = this.find(name);
    const bytes = variable.bytes / location.parts;
    return this.floats({ ...variable, begin: variable.begin + location.part * bytes, bytes });
  }

  /** A number that the converter stores beside the tensors, such as `encoder/num_heads`. */
  async integer(name: string): Promise<number> {
    const variable = this.variables.get(name);
    if (variable?.type !== 'int16' && variable?.type !== 'int8')
      throw new AppError('model.invalid', `The model file ${this.label} has no number ${name}.`);
    const bytes = Buffer.from(await this.bytesOf(variable));
    return bytes.length === 2 ? bytes.readInt16LE() : bytes.readInt8();
  }

  /** How many layers `encoder` or `decoder` has. */
  layers(side: 'encoder' | 'decoder'): number {
    let count = 0;
    while (this.variables.has(`${side}/layer_${count}/ffn/linear_0/weight`)) count++;
    return count;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private find(name: string): { location: Ctranslate2Location; variable: Variable } {
    const location = locationOf(name);
    const variable = location && this.variables.get(location.variable);
    if (!location || !variable)
      throw new AppError('model.invalid', `The model file ${this.label} has no tensor ${name}.`);
    return { location, variable };
  }

  /** Whisper's keys have no bias, so the graphs add none: one that is not zero belongs to another model. */
  private async check(): Promise<void> {
    for (const [name, { type, shape, begin, bytes }] of this.variables) {
      if (shape.length > 0 && ELEMENT_BYTES[type] === undefined) {
        throw new AppError(
          'model.invalid',
          `Tensor ${name} in ${this.label} is of type ${type}, not float32 or float16: convert the checkpoint with --quantization float16.`,
        );
      }
      const joined = /(self_attention\/linear_0|\/attention\/linear_1)\/bias$/.exec(name);
      if (!joined) continue;
      const parts = joined[1] === 'self_attention/linear_0' ? 3 : 2;
      const keys = { type, shape, begin: begin + (parts === 3 ? bytes / 3 : 0), bytes: bytes / parts };
      if ((await this.floats(keys)).some((value) => value !== 0))
        throw new AppError('model.invalid', `Tensor ${name} in ${this.label} has a bias for keys.`);
    }
  }

  private async floats(variable: Variable): Promise<Float32Array> {
    const bytes = await this.bytesOf(variable);
    return variable.type === 'float32'
      ? new Float32Array(bytes.buffer)
      : widenFloat16(new Uint16Array(bytes.buffer));
  }

  private bytesOf({ begin, bytes }: Variable): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.handle, begin, bytes, `${this.label} ends inside a tensor`);
  }
}

/** Walks the file from variable to variable; what lies between their headers is not read. */
class ContentsReader {
  private at = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
    private readonly label: string,
  ) {}

  async read(): Promise<Map<string, Variable>> {
    const version = await this.integer(4);
    if (version !== VERSION) throw this.broken(`its version is ${version}, not ${VERSION}`);
    const spec = await this.text();
    if (spec !== SPEC) throw this.broken(`it holds a ${spec.slice(0, 40)}, not a ${SPEC}`);
    await this.integer(4); // the spec's revision
    const count = await this.integer(4);
    if (count > MAX_VARIABLES) throw this.broken('its number of tensors cannot be true');
    const variables = new Map<string, Variable>();
    for (let i = 0; i < count; i++) variables.set(await this.text(), await this.variable());
    return variables;
  }

  private async variable(): Promise<Variable> {
    const shape: number[] = [];
    for (let rank = await this.integer(1); rank > 0; rank--) shape.push(await this.integer(4));
    const number = await this.integer(1);
    const type = TYPES[number] ?? `number ${number}`;
    const bytes = await this.integer(4);
    const begin = this.at;
    const expected = shape.reduce((product, dim) => product * dim, ELEMENT_BYTES[type] ?? 0);
    if (ELEMENT_BYTES[type] !== undefined && bytes !== expected)
      throw this.broken(`a tensor of shape [${shape.join(', ')}] has ${bytes} bytes instead of ${expected}`);
    this.at += bytes;
    if (this.at > this.size) throw this.broken('a tensor lies beyond its end');
    return { shape, type, begin, bytes };
  }

  /** Little endian, of 1, 2 or 4 bytes. */
  private async integer(width: number): Promise<number> {
    return Buffer.from(await this.readNext(width)).readUIntLE(0, width);
  }

  /** Its length counts the zero that closes it. */
  private async text(): Promise<string> {
    const bytes = await this.readNext(await this.integer(2));
    return Buffer.from(bytes.subarray(0, -1)).toString('utf8');
  }

  private async readNext(length: number): Promise<Uint8Array> {
    if (this.at + length > this.size) throw this.broken('it ends inside its table of contents');
    const bytes = await readBytes(this.handle, this.at, length, `${this.label} cannot be read`);
    this.at += length;
    return bytes;
  }

  private broken(why: string): AppError {
    return new AppError(
      'model.invalid',
      `The model file ${this.label} is not a CTranslate2 Whisper: ${why}.`,
    );
  }
}
