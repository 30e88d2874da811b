import { Command } from 'commander';
import type { CliConfig } from '../cli.config.js';
import { examine } from '../doctor/checks.js';
import { examineCluster } from '../doctor/cluster-checks.js';
import { sayResult } from '../terminal.js';

export function doctorCommand(config: CliConfig): Command {
  const doctor = new Command('doctor')
    .description('Say what is missing and how to get it')
    .option('--cluster', 'look at a release in a cluster instead, with kubectl')
    .option('--namespace <name>', "its namespace (default: that of kubectl's context)");
  return doctor.action(async ({ cluster, namespace }: { cluster?: boolean; namespace?: string }) => {
    const findings = cluster === true ? await examineCluster(namespace) : await examine(config);
    const width = Math.max(...findings.map(({ subject }) => subject.length));
    for (const { subject, isWell, detail, remedy } of findings) {
      sayResult(`${isWell ? '✓' : '✗'} ${subject.padEnd(width)}  ${detail}${remedy ? ` → ${remedy}` : ''}`);
    }
    const ills = findings.filter(({ isWell }) => !isWell).length;
    sayResult(ills === 0 ? 'All is well.' : `${ills} to see to.`);
    if (ills > 0) process.exitCode = 1;
  });
}
