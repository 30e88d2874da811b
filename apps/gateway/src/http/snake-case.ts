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

/** Names of fields are few. */
const MOST_KNOWN = 1_000;
const known = new Map<string, string>();

/** `startMs` is `start_ms`. */
export function snakeName(name: string): string {
  let snake = known.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (known.size < MOST_KNOWN) known.set(name, snake);
  }
  return snake;
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [snakeName(name), renamed(one)]));
}
