/** What of a JSON schema the walks of the cross-tenant test read. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

/** Where a field stands: its name, behind those of the objects that it stands in. */
export type FieldPath = readonly string[];

/** What things are called that belong to a tenant. */
const THINGS = new Set(
  (
    'id ids account answer contest course enrolment exam export job key language learner lesson message mode organisation prompt question ' +
    'recording report scenario session set summary tenant topic turn user vocabulary webhook'
  ).split(' '),
);

/** Whether a field of this name may say which thing is meant: `session`, `sessionId`, `user_external_id`, `mode_code`. */
export function isReference(name: string): boolean {
  const last = name
    .split(/[_.\-[\]]|(?=[A-Z])/)
    .filter((word) => word !== '' && word !== 'code')
    .at(-1);
  return THINGS.has((last ?? '').toLowerCase());
}

/** The fields of a schema that may say which thing is meant. */
export function referencesOf(schema: JsonSchema, at: FieldPath = []): FieldPath[] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = [...at, name];
    const deeper = referencesOf(field, path);
    return isReference(name) && deeper.length === 0 && isText(field) ? [path] : deeper;
  });
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [...inside, ...variants.flatMap((variant) => referencesOf(variant, at))];
}

/** Text that the client chooses. */
function isText(schema: JsonSchema): boolean {
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (variants.length > 0) return variants.some(isText);
  const { type, items } = schema;
  if (type === 'array') return items !== undefined && isText(items);
  return type === 'string' && schema.enum === undefined && schema.const === undefined;
}

/** A value that fits a schema, with what is required alone. Patterns are not looked at. */
export function sampleOf(schema: JsonSchema): unknown {
  const { anyOf, oneOf, allOf } = schema;
  const given = schema.const ?? schema.example ?? schema.default ?? schema.enum?.[0];
  if (given !== undefined) return given;
  if (allOf) return Object.assign({}, ...allOf.map(sampleOf)) as unknown;
  const variant = (anyOf ?? oneOf)?.[0];
  if (variant) return sampleOf(variant);
  switch (schema.type) {
    case 'string':
      return 'x'.repeat(Math.max(1, schema.minLength ?? 1));
    case 'number':
    case 'integer':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]),
      );
  }
}

/** A copy of an object in which the field at a path has a value. */
export function withField(value: unknown, [name, ...rest]: FieldPath, field: unknown): unknown {
  if (name === undefined) return field;
  const object = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...object, [name]: withField(object[name], rest, field) };
}
