import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVERYTHING, OVERLAYS } from '../support/chart-values.js';
import { renderText } from '../support/charts.js';
import { checkManifests, type CheckovReport } from '../support/checkov.js';

const LIMIT_MS = 600_000;
const namespace = 'speech';
const FAULTY = 'faulty.yaml';
/** Service account tokens are mounted where they are needed: these ask the API server. */
const TOKENS = { check: 'CKV_K8S_38', of: ['voice-gateway', 'voice-operator'] };

describe('what good practice says of the charts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-manifests-'));
  let found: CheckovReport;

  beforeAll(async () => {
    const rendered: [string, Promise<string>][] = [
      ...OVERLAYS.map((overlay): [string, Promise<string>] => [
        overlay,
        renderText({}, { namespace, files: [`helm/${overlay}`] }),
      ]),
      ['defaults.yaml', renderText({}, { namespace })],
      ['everything.yaml', renderText(EVERYTHING, { namespace })],
      [
        'models-cpu.yaml',
        renderText({}, { namespace, chart: 'charts/parlance-models', files: ['helm/models-cpu.yaml'] }),
      ],
      ['crds.yaml', renderText({}, { namespace, chart: 'charts/parlance-crds' })],
      [
        FAULTY,
        renderText(
          { defaults: { containerSecurityContext: { privileged: true, readOnlyRootFilesystem: false } } },
          { namespace },
        ),
      ],
    ];
    for (const [name, text] of rendered) writeFileSync(join(folder, name), await text);
    found = await checkManifests(folder);
  }, LIMIT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const findings = (isFaulty: boolean): string[] =>
    found.results.failed_checks
      .filter(({ file_path }) => file_path.endsWith(FAULTY) === isFaulty)
      .filter(
        ({ check_id, resource }) =>
          !(check_id === TOKENS.check && TOKENS.of.some((name) => resource.endsWith(`.${name}`))),
      )
      .map((each) => `${each.file_path} ${each.resource}: ${each.check_id} ${each.check_name}`);

  it('finds nothing in any overlay, with the defaults, or with all that can be switched on, but the exceptions of .checkov.yaml', () => {
    expect(found.summary.parsing_errors).toBe(0);
    expect(found.summary.passed).toBeGreaterThan(3_000);
    expect(findings(false)).toEqual([]);
  });

  it('finds containers that may write to their root, or may do anything', () => {
    const ids = findings(true).join('\n');
    expect(ids).toMatch(/voice-gateway: CKV_K8S_22 /);
    expect(ids).toMatch(/voice-gateway: CKV_K8S_16 /);
  });
});
