import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names of the parameters in an interface of OpenAI's published client: what their API documents.
 * @param file  below `resources/audio`, as `speech`
 * @param name  of the interface, as `SpeechCreateParams`
 */
export function openAiParameters(file: string, name: string): string[] {
  const types = readFileSync(
    join(process.cwd(), 'node_modules/openai/resources/audio', `${file}.d.ts`),
    'utf8',
  );
  const [, body] = new RegExp(`export interface ${name}\\b[^{]*\\{\\n(.*?)\\n\\}`, 's').exec(types) ?? [];
  if (body === undefined) throw new Error(`openai has no ${name} in ${file}.d.ts`);
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, parameter]) => parameter!);
}
