import { Command } from 'commander';
import { ConfigurationError, EXIT } from '@parlance/config';
import { readCliConfig } from './cli.config.js';
import { assessCommand } from './commands/assess.command.js';
import { auditCommand } from './commands/audit.command.js';
import { benchCommand } from './commands/bench.command.js';
import { dlqCommand } from './commands/dlq.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { modelsCommand } from './commands/models.command.js';
import { signCommand } from './commands/sign.command.js';
import { talkCommand } from './commands/talk.command.js';
import { topCommand } from './commands/top.command.js';
import { traceCommand } from './commands/trace.command.js';
import { transcribeCommand } from './commands/transcribe.command.js';
import { wyomingCommand } from './commands/wyoming.command.js';
import { sayFault } from './terminal.js';

const program = new Command('parlance')
  .description('Speech in, answer out: the command line of the Parlance platform.')
  .version('0.1.0')
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nEnvironment:\n  PARLANCE_URL      the gateway (default http://127.0.0.1:8080)\n  PARLANCE_API_KEY  your key (default: the development key of `make up`)\n  NATS_URL          the message bus, for dlq (default nats://127.0.0.1:4222)\n  JAEGER_URL        where traces are read, for trace (default http://127.0.0.1:16686)',
  );

try {
  const config = readCliConfig();
  for (const command of [
    transcribeCommand,
    assessCommand,
    signCommand,
    talkCommand,
    wyomingCommand,
    modelsCommand,
    benchCommand,
    auditCommand,
    dlqCommand,
    traceCommand,
    topCommand,
    doctorCommand,
  ])
    program.addCommand(command(config));
  await program.parseAsync();
} catch (error) {
  sayFault(error);
  process.exitCode = error instanceof ConfigurationError ? EXIT.configuration : EXIT.initFailed;
}
