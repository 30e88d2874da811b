import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { signAnswerSchema, type SignAnswer } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { CliConfig } from '../cli.config.js';
import { fetchFromGateway, readable } from '../client/gateway-request.js';
import { sayResult } from '../terminal.js';

/** A model that is loaded first, on a busy machine. */
const LIMIT_MS = 150_000;
/** Letters that are printed. */
const MOST_PRINTED = 5;

export function signCommand(config: CliConfig): Command {
  return new Command('sign')
    .description('Read the letter of the American manual alphabet that a hand signs')
    .argument('<file>', 'a photograph of one hand: JPEG, PNG or WebP, 15 MiB at most')
    .option('--json', 'print every letter with its probability as JSON')
    .action(async (file: string, { json }: { readonly json?: boolean }) => {
      const answer = await read(config, file);
      sayResult(json ? JSON.stringify(answer, undefined, 2) : lettersOf(answer));
    });
}

async function read(config: CliConfig, file: string): Promise<SignAnswer> {
  const form = new FormData();
  form.set('image', await readable(() => openAsBlob(file)), basename(file));
  const response = await fetchFromGateway(config, '/api/v1/signs', {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const parsed = signAnswerSchema.safeParse(await response.json());
  if (!parsed.success)
    throw new AppError('upstream.unavailable', 'The gateway answered by no letters; is it newer?');
  return parsed.data;
}

/** The letter, and those that are most likely, one a line. */
function lettersOf({ letter, letters }: SignAnswer): string {
  const lines = letters
    .slice(0, MOST_PRINTED)
    .map((each) => `  ${each.letter} ${(100 * each.probability).toFixed(1).padStart(5)} %`);
  return [letter, ...lines].join('\n');
}
