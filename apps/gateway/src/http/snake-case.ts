/** The type of a value with the names of its fields in snake_case. */
export type SnakeCased<Value> = Value extends readonly (infer Item)[]
  ? SnakeCased<Item>[]
  : Value extends object
    ? {
        -readonly [Name in keyof Value as Name extends string ? SnakeName<Name> : Name]: SnakeCased<
          Value[Name]
        >;
      }
    : Value;

type SnakeName<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeName<Rest>}`
    : `_${Lowercase<First>}${SnakeName<Rest>}`
  : Name;

/** A plain value with the names of all its fields in snake_case. For views of our own only: it changes every name. */
export function snakeCased<Value>(value: Value): SnakeCased<Value> {
  return renamed(value) as SnakeCased<Value>;
}

/** `startMs` is `start_ms`. */
export function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [snakeName(name), renamed(one)]));
}
