/** The HTTP API, called by what schemathesis makes of its OpenAPI document. `npm run conformance:api` makes many more requests. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessClient } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT } from '../support/account-rig.js';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { Schemathesis } from '../support/schemathesis.js';
import { RULED_OPERATIONS } from './unwritten-rules.data.js';

const { PARLANCE_API_EXAMPLES: MANY } = process.env;
const EXAMPLES = Number(MANY ?? 2);
/** Of operations whose things are there: random requests alone, where there are not many. */
const EXAMPLES_OF_THINGS = Number(MANY ?? 10);
/** What it is asked for it speaks, for as long as that takes: minutes of thousands of letters. */
const SPEECH = ['/v1/audio/speech', '/v1/speak'];
/** Its answer never ends. */
const LIVE = '/api/v1/analytics/live';
/** Each request decodes a recording. */
const RECORDINGS = ['/v1/audio/transcriptions', '/v1/audio/translations', '/v1/listen'];
const CONTEST = {
  title: 'A week of words',
  kind: 'target_words',
  starts_at: '2026-01-01T00:00:00Z',
  ends_at: '2026-12-31T00:00:00Z',
  targets: ['bicycle'],
};
const DOCUMENT = '/api/docs-json';

// The first run makes a virtual environment; a run with many examples takes long.
jest.setTimeout(3_600_000);
const suite = hasPython() ? describe : describe.skip;

suite('the HTTP API by its OpenAPI document (needs python3 with venv)', () => {
  let platform: Platform;
  let schemathesis: Schemathesis;
  beforeAll(async () => {
    [platform, schemathesis] = await Promise.all([
      Platform.start({
        tts: NO_MODELS,
        gateway: {
          ...ACCOUNTS_ENVIRONMENT,
          PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
        },
      }),
      Schemathesis.prepare(),
    ]);
  });
  afterAll(() => platform?.stop());

  const run = (given: Partial<Parameters<Schemathesis['run']>[0]>) =>
    schemathesis.run({
      documentUrl: `${platform.gateway.process.opsUrl}${DOCUMENT}`,
      url: platform.gateway.url,
      key: API_KEY,
      ruled: RULED_OPERATIONS,
      examples: EXAMPLES,
      ...(MANY === undefined ? {} : { checks: 'all', phases: 'examples,coverage,fuzzing,stateful' }),
      ...given,
    });

  it('answers whatever comes as it is documented, and never by a fault of its own', async () => {
    const slow = [...SPEECH, LIVE, ...(MANY === undefined ? RECORDINGS : [])];
    const { failed, report } = await run({ options: slow.flatMap((path) => ['--exclude-path', path]) });
    expect(failed ? report : '').toBe('');
  });

  it('refuses what is no request for speech, and no recording', async () => {
    const slow = [SPEECH[0]!, RECORDINGS[0]!].flatMap((path) => ['--include-path', path]);
    const { failed, report } = await run({ options: [...slow, '--mode', 'negative'] });
    expect(failed ? report : '').toBe('');
  });

  it('does so where the things that are named are there', async () => {
    const acme = new AccessClient(platform.gateway, API_KEY);
    const idOf = async (path: string, body: object): Promise<string> =>
      ((await acme.send('POST', path, body)).body as unknown as { readonly id: string }).id;
    const ids = {
      keys: await idOf('/api/v1/keys', { name: 'Shop' }),
      courses: await idOf('/api/v1/courses', { title: 'Travel' }),
      contests: await idOf('/api/v1/contests', CONTEST),
      'voice/sessions': await idOf('/api/v1/voice/sessions', {}),
      organisations: 'acme',
      'teaching-modes': 'conversation',
      languages: 'es',
      scenarios: 'airport-check-in',
    };
    const document = (await (await fetch(`${platform.gateway.process.opsUrl}${DOCUMENT}`)).json()) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
    };
    const named = Object.entries(document.paths).flatMap(([path, methods]) => {
      const kind = Object.entries(ids).find(([name]) => path.startsWith(`/api/v1/${name}/{id}`));
      return kind
        ? Object.keys(methods).map((method) => [`${method.toUpperCase()} ${path}`, kind[1]] as const)
        : [];
    });
    const valuesOf = (operation: string, id: string): Record<string, string> =>
      operation.includes('{version}') ? { id, version: '1' } : { id };
    const { failed, report } = await run({
      parameters: Object.fromEntries(named.map(([operation, id]) => [operation, valuesOf(operation, id)])),
      examples: EXAMPLES_OF_THINGS,
      ...(MANY === undefined ? { phases: 'fuzzing' } : {}),
      options: [
        ...['--include-path-regex', `^/api/v1/(${Object.keys(ids).join('|')})/\\{id\\}`],
        ...['--exclude-method', 'DELETE', '--exclude-path-regex', '/(end|rotate)$'],
      ],
    });
    expect(failed ? report : '').toBe('');
  });
});
