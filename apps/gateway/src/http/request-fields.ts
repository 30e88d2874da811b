import { z } from 'zod';
import { textHead } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

/** Entries of a page, at most. */
export const MOST_PER_PAGE = 100;

/** The parameter `limit` of a list that comes in pages. */
export const pageLimitSchema = z
  .string()
  .regex(/^\d{1,3}$/, 'must be a whole number in digits')
  .transform(Number)
  .pipe(z.number().min(1).max(MOST_PER_PAGE))
  .default(20);

/** In JSON Schema: one field of a schema at least is named. */
export function needsOneOf({ shape }: z.ZodObject): { readonly anyOf: readonly object[] } {
  return { anyOf: Object.keys(shape).map((name) => ({ required: [name] })) };
}

/** Fields of a form, or parameters of a query, by name, each with its values in order. */
export type FormFields = ReadonlyMap<string, readonly string[]>;

/** `list[]` and `list[0]` are elements of `list`, as clients write them. */
export function fieldName(written: string): string {
  return written.replace(/\[\d{0,4}\]$/, '');
}

/** @throws AppError request.invalid naming each field that is not among `known` */
export function refuseUnknownFields(form: FormFields, known: ReadonlySet<string>): void {
  const unknown = [...form.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) throw unknownOptions(unknown);
}

/** The fault of a request with options that would have no effect. */
export function unknownOptions(names: readonly string[]): AppError {
  const [param = ''] = names;
  return new AppError('request.invalid', names.map(unknownOption).join('; '), { param: printable(param) });
}

/** The fault of one field. @param rule  what it has to be, or why it cannot be */
export function fieldFault(param: string, rule: string): AppError {
  return new AppError('request.invalid', `${param}: ${rule}`, { param });
}

/** The message for an option that would have no effect. */
export function unknownOption(name: string): string {
  return `${printable(name)}: is no option here`;
}

/** A name as the client wrote it, short enough for a message. */
function printable(name: string): string {
  return textHead(name, 64);
}

/**
 * The value of a field that has one; undefined where the form has none.
 * @throws AppError request.invalid naming a field with several different values
 */
export function onlyValue(form: FormFields, name: string): string | undefined {
  const values = new Set(form.get(name));
  if (values.size > 1) throw fieldFault(printable(name), `may be given once, it has ${values.size} values.`);
  return [...values][0];
}

/** As `onlyValue`; an empty value counts as none. */
export function givenValue(form: FormFields, name: string): string | undefined {
  return onlyValue(form, name) || undefined;
}

/**
 * The values of those fields that the form has, as a schema reads them.
 * @param lists  fields that may be given several times, or once with commas
 * @throws AppError request.invalid naming another field with several different values
 */
export function fieldValues(
  form: FormFields,
  names: Iterable<string>,
  lists: ReadonlySet<string>,
): Record<string, string> {
  const given = [...names].filter((name) => form.has(name));
  return Object.fromEntries(
    given.map((name) => {
      const values = form.get(name) ?? [];
      const isList = lists.has(name) && new Set(values).size > 1;
      return [name, isList ? values.join(',') : (onlyValue(form, name) ?? '')];
    }),
  );
}

/** Checks what a client sent. @throws AppError request.invalid with one line for every fault, naming its field */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw requestFault(parsed.error);
}

/** The parameters of a request's address, by a schema.
 *  @param lists  those that may be given several times, or once with commas
 *  @throws AppError request.invalid naming the parameter */
export function parseQuery<Schema extends z.ZodType>(
  schema: Schema,
  parameters: URLSearchParams,
  lists: ReadonlySet<string> = new Set(),
): z.infer<Schema> {
  const names = new Set(parameters.keys());
  const fields = new Map([...names].map((name) => [name, parameters.getAll(name)]));
  return parseRequest(schema, fieldValues(fields, names, lists));
}

/** One line for every fault that a schema has found, naming its field; the first one's is `param`. */
export function requestFault({ issues }: z.ZodError): AppError {
  const faults = issues.flatMap((issue) => faultsOf(issue));
  const param = faults[0]?.param || undefined;
  return new AppError('request.invalid', faults.map(({ line }) => line).join('; '), { param });
}

type Issue = z.core.$ZodIssue;

interface FieldFault {
  readonly line: string;
  /** Where the field stands; empty: the whole body is at fault. */
  readonly param: string;
}

/** Every fault. Of what may have several forms, those of the form that it has. @param outer  path of what it is in */
function faultsOf(issue: Issue, outer: readonly PropertyKey[] = []): FieldFault[] {
  const path = [...outer, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ line: unknownOption(key), param: paramOf([...path, printable(key)]) }));
  const form =
    issue.code === 'invalid_union' &&
    issue.errors.find((issues) => issues.every((one) => !isOfOtherType(one)));
  if (form) return form.flatMap((one) => faultsOf(one, path));
  const param = paramOf(path);
  return [{ line: `${param || 'body'}: ${issue.message}`, param }];
}

function paramOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

/** Whether a value is of another type or format than the one that is asked for. */
function isOfOtherType({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_format');
}
