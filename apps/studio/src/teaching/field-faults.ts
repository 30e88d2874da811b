/** What the platform refuses of a form: by the field's path, and what is about no field of the form. */
export interface FieldFaults {
  readonly fields: Readonly<Record<string, string>>;
  readonly rest: string;
}

/** One fault of a message: the path of a field, and what it must be. */
const LINE = /^([A-Za-z_][\w.]*): (.+)$/;

/**
 * The faults that a refusal names, each at the field of the form that it is about: `goals.0.goal: …` at `goals`.
 * @param message  of the fault: a line for each field, with `; ` between them
 * @param names  paths of the form's fields
 */
export function faultsOfFields(message: string, names: readonly string[]): FieldFaults {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  let current: string | undefined;
  for (const part of message.split('; ')) {
    const [, path, text] = LINE.exec(part) ?? [];
    const name = path && nearestOf(path, names);
    if (path !== undefined) current = name;
    // A rule may have a semicolon itself: then the part belongs to the field before.
    const told = path === undefined || !name ? part : text!;
    if (current === undefined) rest.push(told);
    else fields[current] = [fields[current], told].filter((one) => one !== undefined).join('; ');
  }
  return { fields, rest: rest.join('; ') };
}

/** The longest of the names that a path is of, or begins with. */
function nearestOf(path: string, names: readonly string[]): string | undefined {
  const fitting = names.filter((name) => path === name || path.startsWith(`${name}.`));
  return fitting.sort((one, other) => other.length - one.length)[0];
}
