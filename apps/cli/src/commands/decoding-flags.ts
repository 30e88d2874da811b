import { Option, type Command } from 'commander';
import { camelCased, decodingOptionsSchema } from '@parlance/contracts';

interface FormField {
  /** As the gateway's form calls it. */
  readonly name: string;
  readonly description: string;
}

const FIELDS: readonly FormField[] = [
  { name: 'prompt', description: 'text the recording is taken to follow' },
  {
    name: 'temperature',
    description: 'where decoding starts, 0 to 1; or a list with commas of what is tried in turn',
  },
  {
    name: 'temperature_increment_on_fallback',
    description: 'step to what is tried next (default 0.2); none: nothing is',
  },
  ...Object.entries(decodingOptionsSchema.shape)
    .filter(([name]) => name !== 'temperatures')
    .map(([name, field]) => ({ name, description: field.description ?? '' })),
];

/** Adds a flag for each of openai/whisper's decoding options: `--beam-size` for `beam_size`. The gateway checks their values. */
export function addDecodingFlags(command: Command): Command {
  command.optionsGroup("Decoding, as openai/whisper's command line has it:");
  for (const { name, description } of FIELDS)
    command.addOption(new Option(`--${name.replaceAll('_', '-')} <value>`, description));
  return command;
}

/** The form fields of the flags that were given. */
export function decodingFields(flags: object): [name: string, value: string][] {
  const values = new Map<string, unknown>(Object.entries(flags));
  return FIELDS.flatMap(({ name }) => {
    const value = values.get(camelCased(name));
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
}
