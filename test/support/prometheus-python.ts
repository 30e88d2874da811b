import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pythonWith } from './python-venv.js';

export const PROMETHEUS_VERSION = '0.23.1';

/** Its parser refuses what OpenMetrics does not allow. */
const SCRIPT = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps([{
    'name': family.name,
    'type': family.type,
    'unit': family.unit,
    'samples': [{
        'name': sample.name,
        'labels': sample.labels,
        'exemplar': sample.exemplar.labels if sample.exemplar else None,
    } for sample in family.samples],
} for family in text_string_to_metric_families(sys.stdin.read())]))`;

/** A metric, as the parser has read it. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly exemplar: Readonly<Record<string, string>> | null;
  }[];
}

/** Prometheus' Python client in a virtual environment of its own, made once. */
export class PrometheusPython {
  private constructor(private readonly python: string) {}

  static async prepare(): Promise<PrometheusPython> {
    const packages = [`prometheus-client==${PROMETHEUS_VERSION}`];
    return new PrometheusPython(await pythonWith('prometheus', 'prometheus_client', packages));
  }

  /** Reads a page of OpenMetrics. @throws Error with what the parser says of a page that is none */
  async families(page: string): Promise<readonly MetricFamily[]> {
    const run = promisify(execFile)(this.python, ['-c', SCRIPT], { maxBuffer: 64 * 2 ** 20 });
    run.child.stdin?.end(page);
    return JSON.parse((await run).stdout) as MetricFamily[];
  }
}
