import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that Linux gives to outgoing connections (ip_local_port_range): one of those could take a port before its server. */
const [LOWEST, HIGHEST] = [20_000, 32_767];
/** Workers of jest share the machine: each has ports of its own. */
const WORKERS = 8;
const WORKER = Number(process.env.JEST_WORKER_ID ?? 1) % WORKERS;
const given = new Set<number>();

/** A port nobody listens on just now; none is given twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST / WORKERS, Math.floor(HIGHEST / WORKERS)) * WORKERS + WORKER;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
