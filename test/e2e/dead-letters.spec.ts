/** Work that failed for good, over HTTP: who sees it, tries it again and discards it. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessClient } from '../support/access-rig.js';
import { deadLetterOf, waitingTurns } from '../support/dead-letters.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';

const PATH = '/api/v1/dead-letters';
type Letter = Readonly<Record<string, unknown>> & { readonly id: string };

jest.setTimeout(120_000);

describe('dead letters', () => {
  let platform: Platform;
  /** Whoever manages the installation, an administrator of the same tenant, and one of another tenant. */
  let installation: AccessClient;
  let acme: AccessClient;
  let globex: AccessClient;
  beforeAll(async () => {
    // Ready without inference: nothing is recognised here, and nobody does the work.
    platform = await Platform.start({
      services: [],
      gateway: { PARLANCE_WAIT_FOR_PODS_MS: '1', PARLANCE_MANAGING_TENANT: 'acme' },
    });
    installation = new AccessClient(platform.gateway, API_KEY);
    globex = new AccessClient(platform.gateway, OTHER_TENANTS_KEY);
    const made = await installation.send('POST', '/api/v1/keys', {
      name: 'Administrator',
      role: 'admin',
      scopes: ['sessions', 'access'],
    });
    acme = new AccessClient(platform.gateway, made.body.key);
  }, 240_000);
  afterAll(() => platform?.stop());

  const turnOf = (tenant: string) => aTurn({ identity: anIdentity({ tenant }) });
  async function listed(client: AccessClient, query = ''): Promise<readonly Letter[]> {
    const { status, body } = await client.send('GET', `${PATH}${query}`);
    expect(status).toBe(200);
    return body.dead_letters as unknown as readonly Letter[];
  }

  it('are listed with their fault and their turn, without what was said, and published again', async () => {
    const turn = turnOf('acme');
    const id = await deadLetterOf(platform.nats.url, turn);
    const letter = (await listed(acme)).find((one) => one.id === id);
    expect(letter).toMatchObject({
      ...{ tenant: 'acme', session: turn.identity.session, turn: turn.identity.turn, retryable: true },
      ...{ subject: 'parlance.turn.transcribed', code: 'upstream.unavailable', deliveries: 3 },
    });
    expect(JSON.stringify(letter)).not.toContain(turn.text);
    const { status, body } = await acme.send('POST', `${PATH}/${id}/retry`);
    expect([status, body]).toMatchObject([200, { id }]);
    expect(await waitingTurns(platform.nats.url)).toContain(turn.identity.turn);
    expect((await listed(acme)).map((one) => one.id)).not.toContain(id);
    expect((await acme.send('POST', `${PATH}/${id}/retry`)).status).toBe(404);
    const audit = await acme.send('GET', '/api/v1/audit?action=dead_letter.retry');
    expect(audit.body.entries).toMatchObject([{ target: { kind: 'dead_letter', id } }]);
  });

  it('are those of the caller’s tenant; whoever manages the installation sees those of all', async () => {
    const id = await deadLetterOf(platform.nats.url, turnOf('globex'));
    const own = await deadLetterOf(platform.nats.url, turnOf('acme'));
    expect((await listed(acme)).map(({ tenant }) => tenant)).toEqual(['acme']);
    expect((await listed(globex)).map((one) => one.id)).toEqual([id]);
    expect((await listed(installation)).map((one) => one.id)).toEqual(expect.arrayContaining([id, own]));
    const never = await acme.send('DELETE', `${PATH}/999999`);
    for (const [method, rest] of [
      ['POST', '/retry'],
      ['DELETE', ''],
    ] as const) {
      const { status, body } = await acme.send(method, `${PATH}/${id}${rest}`);
      expect([status, body.error?.code, body.error?.message]).toEqual([
        404,
        never.body.error?.code,
        never.body.error?.message,
      ]);
    }
    expect((await installation.send('DELETE', `${PATH}/${id}`)).status).toBe(204);
    expect(await listed(globex)).toEqual([]);
    // It stands in the log of the tenant whose work it was.
    const audit = await globex.send('GET', '/api/v1/audit?action=dead_letter.discard');
    expect(audit.body.entries).toMatchObject([{ target: { kind: 'dead_letter', id } }]);
    await acme.send('DELETE', `${PATH}/${own}`);
  });

  it('come in pages, and are for owners and administrators alone', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1)
      ids.push(await deadLetterOf(platform.nats.url, turnOf('acme')));
    const first = await acme.send('GET', `${PATH}?limit=2`);
    expect((first.body.dead_letters as unknown as readonly Letter[]).map(({ id }) => id)).toEqual(
      ids.slice(0, 2),
    );
    expect((await listed(acme, `?limit=2&cursor=${first.body.next_cursor}`)).map(({ id }) => id)).toEqual(
      ids.slice(2),
    );
    const { body } = await installation.send('POST', '/api/v1/keys', { name: 'Class', role: 'teacher' });
    const teacher = new AccessClient(platform.gateway, body.key);
    expect((await teacher.send('GET', PATH)).status).toBe(403);
    expect((await new AccessClient(platform.gateway).send('GET', PATH)).status).toBe(401);
    for (const id of ['0', '-1', '1e3', 'abc', '99999999999999999999'])
      expect([id, (await acme.send('POST', `${PATH}/${id}/retry`)).status]).toEqual([id, 404]);
    for (const query of ['?cursor=x', '?limit=0', '?limit=101', '?tenant=globex'])
      expect([query, (await acme.send('GET', `${PATH}${query}`)).status]).toEqual([query, 400]);
    for (const id of ids) await acme.send('DELETE', `${PATH}/${id}`);
  });

  it('do not publish again what does not fit its schema, and never tell what it is', async () => {
    const id = await deadLetterOf(platform.nats.url, turnOf('acme'), { password: 'hunter2' });
    const letters = await listed(acme);
    expect(letters.find((one) => one.id === id)).toMatchObject({ retryable: false });
    expect(JSON.stringify(letters)).not.toContain('hunter2');
    const { status, body } = await acme.send('POST', `${PATH}/${id}/retry`);
    expect([status, body.error?.code]).toEqual([400, 'request.invalid']);
    expect((await acme.send('DELETE', `${PATH}/${id}`)).status).toBe(204);
  });
});
