import { readFileSync } from 'node:fs';

export interface Instruction {
  /** In capitals: FROM, RUN, … */
  readonly name: string;
  readonly text: string;
}
export interface Stage {
  /** As `AS` names it; the number of the stage where it does not. */
  readonly name: string;
  /** What it stands on, arguments replaced. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** The instructions of a Dockerfile, lines joined, comments left out. */
export function readInstructions(path: string): Instruction[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), text };
    });
}

/** Splits a Dockerfile into its stages.
 *  @param arguments_  of the build, over the defaults that come before the first FROM */
export function readStages(path: string, arguments_: Readonly<Record<string, string>> = {}): Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  const known: Record<string, string> = {};
  for (const instruction of readInstructions(path)) {
    const { name, text } = instruction;
    if (name === 'FROM') {
      const [, from = '', as] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(text) ?? [];
      stages.push({
        name: as ?? String(stages.length),
        from: replaced(from, { ...known, ...arguments_ }),
        instructions: [],
      });
    } else if (stages.length > 0) stages.at(-1)!.instructions.push(instruction);
    else Object.assign(known, pairs(text));
  }
  return stages;
}

/** `NAME=value` pairs of ENV and ARG, values bare or quoted; a name alone has the empty value. */
export function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w.]+)(?:=("[^"]*"|\S*))?/g)].map(([, name, value = '']) => [
      name!,
      value.replace(/^"|"$/g, ''),
    ]),
  );
}

export function replaced(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
