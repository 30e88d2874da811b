import { connect, createServer } from 'node:net';

/** Whether a process is ready; never throws. */
export type ReadyProbe = () => Promise<boolean>;

export function answersHttp(url: string): ReadyProbe {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  };
}

export function listensOnTcp(port: number): ReadyProbe {
  return () => firstWord(port, false);
}

/** NATS speaks first: a server that is up greets with INFO. */
export function greetsNats(port: number): ReadyProbe {
  return () => firstWord(port, true);
}

function firstWord(port: number, expectsInfo: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(2_000, () => answer(false));
    socket.on('error', () => answer(false));
    if (expectsInfo) socket.once('data', (data) => answer(data.toString('utf8').startsWith('INFO ')));
    else socket.once('connect', () => answer(true));
  });
}

/** Whether the port is free and can be bound. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
