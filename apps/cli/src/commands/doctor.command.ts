import { Command } from 'commander';
import type { CliConfig } from '../cli.config.js';
import { examine } from '../doctor/checks.js';
import { sayResult } from '../terminal.js';

export function doctorCommand(config: CliConfig): Command {
  return new Command('doctor').description('Say what is missing and how to get it').action(async () => {
    const findings = await examine(config);
    const width = Math.max(...findings.map(({ subject }) => subject.length));
    for (const { subject, isWell, detail, remedy } of findings) {
      sayResult(`${isWell ? '✓' : '✗'} ${subject.padEnd(width)}  ${detail}${remedy ? ` → ${remedy}` : ''}`);
    }
    const ills = findings.filter(({ isWell }) => !isWell).length;
    sayResult(ills === 0 ? 'All is well.' : `${ills} to see to.`);
    if (ills > 0) process.exitCode = 1;
  });
}
