import { readSettings } from '@parlance/cli/machine/settings';
import { stopPlatform } from './stop-platform.js';

/** `make down` */
await stopPlatform(readSettings(), (line) => void process.stdout.write(`${line}\n`));
