import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '@parlance/telemetry';
import { until } from '../../../../test/support/until.js';
import { ScaleUp } from './scale-up.client.js';

const PATH = '/scaling/speech/base/wanted';

describe('what asks the operator for a pod', () => {
  let operator: Server | undefined;
  afterEach(() => void operator?.close());

  async function asking(answer: RequestListener) {
    operator = createServer(answer).listen(0, '127.0.0.1');
    await once(operator, 'listening');
    const { port } = operator.address() as AddressInfo;
    const warned: string[] = [];
    const logger = { warn: (_: unknown, text: string) => warned.push(text) } as unknown as Logger;
    return { scaleUp: new ScaleUp(`http://127.0.0.1:${port}${PATH}`, logger), warned };
  }

  it('asks once while the operator has not answered, and again for the next that waits', async () => {
    const asked: string[] = [];
    let answer = () => {};
    const { scaleUp, warned } = await asking((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answer = () => void response.writeHead(202).end('{}');
    });
    for (let nth = 0; nth < 3; nth += 1) scaleUp.ask();
    await until(() => asked.length > 0);
    scaleUp.ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([`POST ${PATH}`]);
    answer();
    await until(() => {
      scaleUp.ask();
      return asked.length > 1;
    });
    answer();
    expect(warned).toEqual([]);
  });

  it('tells its log, and nobody else, of an operator that does not know the model or is away', async () => {
    const { scaleUp, warned } = await asking((_, response) => response.writeHead(404).end());
    scaleUp.ask();
    await until(() => warned.length > 0);
    operator?.close();
    operator?.closeAllConnections();
    await until(() => {
      scaleUp.ask();
      return warned.length > 1;
    });
  });

  it('asks nobody where no operator is told', () => {
    expect(() => new ScaleUp(undefined, {} as Logger).ask()).not.toThrow();
  });
});
