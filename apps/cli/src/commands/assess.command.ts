import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { assessmentSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { assessmentReport } from '../assess/assessment-report.js';
import type { CliConfig } from '../cli.config.js';
import { fetchFromGateway, readable } from '../client/gateway-request.js';
import { sayResult } from '../terminal.js';

interface AssessFlags {
  readonly text?: string;
  readonly textFile?: string;
  readonly language?: string;
  readonly model?: string;
  readonly question?: string;
  readonly questionEnd?: string;
  readonly responseDelay?: string;
  readonly json?: boolean;
}

/** Recognition and scores of two minutes, on a busy machine. */
const LIMIT_MS = 300_000;

export function assessCommand(config: CliConfig): Command {
  return new Command('assess')
    .description(
      'Score how a recording was spoken: pronunciation, fluency, prosody, by phone, word and whole',
    )
    .argument('<file>', 'a recording in any format ffmpeg reads, 2 minutes at most; scores of 30 s at most')
    .option('-t, --text <text>', 'what was to be said, in English; left out: what is recognised is scored')
    .option('--text-file <file>', 'a file with that text')
    .option('-l, --language <code>', 'left out: en beside a text, else detected')
    .option('-m, --model <name>', "that recognises; left out: the platform's default")
    .option('-q, --question <text>', 'what the recording answers, in English')
    .option('--question-end <ms>', 'where in the recording the question ended; negative: before it began')
    .option('--response-delay <ms>', 'instead: from the end of the question to the start of the answer')
    .option('--json', 'print the whole assessment as JSON')
    .action(async (file: string, flags: AssessFlags) => {
      const answer = await assess(config, file, flags);
      if (flags.json) return sayResult(JSON.stringify(answer, undefined, 2));
      const parsed = assessmentSchema.safeParse(answer);
      if (!parsed.success)
        throw new AppError('upstream.unavailable', 'The gateway answered by no assessment; is it newer?');
      sayResult(assessmentReport(parsed.data));
    });
}

async function assess(config: CliConfig, file: string, flags: AssessFlags): Promise<unknown> {
  if (flags.text !== undefined && flags.textFile !== undefined)
    throw new AppError('request.invalid', 'Give --text or --text-file, not both.');
  const text =
    flags.textFile === undefined ? flags.text : await readable(() => readFile(flags.textFile!, 'utf8'));
  const form = new FormData();
  const { language, model, question, questionEnd: questionEndMs, responseDelay: responseDelayMs } = flags;
  const fields = { text, language, model, question, questionEndMs, responseDelayMs };
  for (const [name, value] of Object.entries(fields)) if (value) form.set(name, value);
  form.set('audio', await readable(() => openAsBlob(file)), basename(file));
  const response = await fetchFromGateway(config, '/api/v1/assessments', {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  return response.json();
}
