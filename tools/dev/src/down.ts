import { readSettings } from './settings.js';
import { stopPlatform } from './stop-platform.js';

/** `make down` */
await stopPlatform(readSettings(), (line) => void process.stdout.write(`${line}\n`));
