import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from './python-venv.js';

const VERSION = '4.32.5';

/** What an answer must be: none of a fault of ours, and as the document says; what does not fit the document is refused. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
];

export interface SchemathesisRun {
  /** Of the OpenAPI document. */
  readonly documentUrl: string;
  readonly url: string;
  readonly key: string;
  /** Requests of each operation that are made at random. */
  readonly examples: number;
  /** Of schemathesis; `coverage`, which tries each limit of a schema, is among them by default. */
  readonly phases?: string;
  /** Of schemathesis; `all`, or those of `CHECKS`. */
  readonly checks?: string;
  /** Further options of `schemathesis run`. */
  readonly options?: readonly string[];
  /** Operations that refuse some of what fits the document, by rules that no schema has. */
  readonly ruled?: readonly string[];
  /** Parameters of paths, by operation: `PATCH /api/v1/keys/{id}`. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The fuzzer of OpenAPI documents, in a virtual environment of its own, made once. */
export class Schemathesis {
  private constructor(private readonly python: string) {}

  static async prepare(): Promise<Schemathesis> {
    return new Schemathesis(await pythonWith('schemathesis', 'schemathesis', [`schemathesis==${VERSION}`]));
  }

  /** Calls every operation with the same requests each time. @returns its report; `failed` where a check failed */
  async run(run: SchemathesisRun): Promise<{ readonly failed: boolean; readonly report: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-schemathesis-'));
    const config = join(folder, 'parameters.toml');
    writeFileSync(config, configOf(run));
    const args = [
      // As a module: the program of a virtual environment that was moved is not found.
      ...['-m', 'schemathesis.cli'],
      ...['--no-color', '--config-file', config, 'run', run.documentUrl, '--url', run.url],
      ...['--header', `Authorization: Bearer ${run.key}`, '--checks', run.checks ?? CHECKS.join(',')],
      ...['--phases', run.phases ?? 'examples,coverage,fuzzing', '--max-examples', String(run.examples)],
      ...['--generation-deterministic', '--continue-on-failure', '--request-timeout', '30'],
      // CPython 3.11 fails where two threads build syntax trees, as Hypothesis does (python/cpython#106905).
      ...['--workers', '1'],
      // It finds bytes that are no picture's slowly, which says nothing of the answers.
      ...['--suppress-health-check', 'filter_too_much'],
      ...(run.options ?? []),
    ];
    try {
      // It keeps what it found in the folder it runs in.
      const { stdout } = await promisify(execFile)(this.python, args, {
        cwd: folder,
        maxBuffer: 64 * 2 ** 20,
      });
      return { failed: false, report: stdout };
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
      // Where it could not be run at all it has printed nothing.
      return { failed: true, report: `${stdout}${stderr}` || String(error) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** What may come of a request that fits the document, and of one that does not. */
const ACCEPTED = ['2xx', '3xx', '401', '403', '404', '409', '429', '5xx'];
const REFUSED = [
  '400',
  '401',
  '403',
  '404',
  '405',
  '406',
  '409',
  '411',
  '413',
  '415',
  '422',
  '428',
  '429',
  '5xx',
];
/** What is kept of a learner was erased, which some requests ask for. */
const GONE = '410';

function configOf({ parameters = {}, ruled = [] }: SchemathesisRun): string {
  const expected = (check: string, statuses: readonly string[]) =>
    `${check}.expected-statuses = ${JSON.stringify(statuses)}`;
  const operations = [...new Set([...Object.keys(parameters), ...ruled])].map((operation) => {
    const pairs = Object.entries(parameters[operation] ?? {}).map(
      ([name, value]) => `${name} = ${JSON.stringify(value)}`,
    );
    return [
      `[[operations]]\ninclude-name = ${JSON.stringify(operation)}`,
      ...(pairs.length > 0 ? [`parameters = { ${pairs.join(', ')} }`] : []),
      ...(ruled.includes(operation)
        ? [`checks.${expected('positive_data_acceptance', [...ACCEPTED, GONE, '400', '413', '415'])}`]
        : []),
    ].join('\n');
  });
  const checks = [
    '[checks]',
    expected('positive_data_acceptance', [...ACCEPTED, GONE]),
    expected('negative_data_rejection', [...REFUSED, GONE]),
  ];
  return [checks.join('\n'), ...operations].join('\n\n');
}
