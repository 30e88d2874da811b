import { openAsBlob } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { z } from 'zod';
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
  readonly report?: string;
  readonly pictures: 'svg' | 'png';
}

const answerSchema = assessmentSchema.extend({
  pictures: z
    // Names of files: nothing of a path.
    .array(z.object({ name: z.string().regex(/^[a-z]+$/), base64: z.base64() }))
    .default([]),
});

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
    .option('--report <folder>', 'write the report there too: report.txt, assessment.json and pictures')
    .addOption(new Option('--pictures <format>', 'of that report').choices(['svg', 'png']).default('png'))
    .option('--json', 'print the whole assessment as JSON')
    .action(async (file: string, flags: AssessFlags) => {
      const answer = await assess(config, file, flags);
      if (flags.json && flags.report === undefined) return sayResult(JSON.stringify(answer, undefined, 2));
      const parsed = answerSchema.safeParse(answer);
      if (!parsed.success)
        throw new AppError('upstream.unavailable', 'The gateway answered by no assessment; is it newer?');
      const { pictures, ...assessment } = parsed.data;
      const json = JSON.stringify(assessment, undefined, 2);
      const text = assessmentReport(assessment);
      if (flags.report !== undefined) {
        const files = pictures.map(
          ({ name, base64 }) => [`${name}.${flags.pictures}`, Buffer.from(base64, 'base64')] as const,
        );
        await writeReport(flags.report, [
          ['report.txt', `${text}\n`],
          ['assessment.json', `${json}\n`],
          ...files,
        ]);
      }
      sayResult(flags.json ? json : text);
    });
}

async function writeReport(
  folder: string,
  files: readonly (readonly [name: string, content: string | Buffer])[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
}

async function assess(config: CliConfig, file: string, flags: AssessFlags): Promise<unknown> {
  if (flags.text !== undefined && flags.textFile !== undefined)
    throw new AppError('request.invalid', 'Give --text or --text-file, not both.');
  const text =
    flags.textFile === undefined ? flags.text : await readable(() => readFile(flags.textFile!, 'utf8'));
  const form = new FormData();
  const { language, model, question, questionEnd: questionEndMs, responseDelay: responseDelayMs } = flags;
  const pictures = flags.report === undefined ? undefined : flags.pictures;
  const fields = { text, language, model, question, questionEndMs, responseDelayMs, pictures };
  for (const [name, value] of Object.entries(fields)) if (value) form.set(name, value);
  form.set('audio', await readable(() => openAsBlob(file)), basename(file));
  const response = await fetchFromGateway(config, '/api/v1/assessments', {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  return response.json();
}
