import { expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addDecodingFlags, decodingFields } from './decoding-flags.js';

function fieldsOf(...args: string[]): [string, string][] {
  const command = addDecodingFlags(new Command('transcribe').argument('<files...>').exitOverride());
  return decodingFields(command.parse(args, { from: 'user' }).opts());
}

it('flags become the form fields of their names', () => {
  const flags = ['--beam-size', '5', '--temperature', '0,0.4', '--condition-on-previous-text', 'false'];
  expect(fieldsOf('a.wav', ...flags)).toEqual([
    ['temperature', '0,0.4'],
    ['beam_size', '5'],
    ['condition_on_previous_text', 'false'],
  ]);
});

it('nothing is sent where nothing was asked', () => {
  expect(fieldsOf('a.wav')).toEqual([]);
});

it('the help tells every option', () => {
  const help = addDecodingFlags(new Command('transcribe')).helpInformation();
  for (const flag of ['--hotwords', '--clip-timestamps', '--batch-size', '--hallucination-silence-threshold'])
    expect(help).toMatch(new RegExp(`${flag} <value>\\s+\\S`));
});
