import type { Page } from 'playwright-core';
import { StoreConnection } from '@parlance/persistence';
import type { DocumentStoreServer } from '../../support/mongo.js';
import { silentLogger } from '../../support/silent-logger.js';
import { generatedIds, generateTurns } from '../api/generated-turns.js';

/** Scrolls a page from its top to its end, 100 pixels a frame, and gives the milliseconds between frames. */
const SCROLL = `new Promise((resolve) => {
  const gaps = [];
  let last;
  const step = (now) => {
    if (last !== undefined) gaps.push(now - last);
    last = now;
    if (innerHeight + scrollY >= document.documentElement.scrollHeight - 1) return resolve(gaps);
    scrollBy(0, 100);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

/** Writes a learner's turns into the store, as the services would have left them. */
export async function fillRecord(store: DocumentStoreServer, learner: string, turns: number): Promise<void> {
  const options = { mongodbUri: store.uri('parlance'), name: 'bench' };
  const connection = await StoreConnection.open(options, silentLogger);
  const ids = { ...generatedIds(turns, Date.now()), learnerOf: () => learner };
  await generateTurns(connection, ids, () => undefined);
  await connection.close();
}

/** Shows all turns of the record and scrolls over them. @returns milliseconds between frames @throws Error where turns are missing */
export async function scrollRecord(page: Page, turns: number): Promise<number[]> {
  await page.getByRole('link', { name: 'Record' }).click();
  const [all, more] = [page.getByText(`Turns: ${turns}`), page.getByRole('button', { name: 'Show more' })];
  for (;;) {
    await all.or(more).first().waitFor();
    if (await all.isVisible()) break;
    await more.click();
    await page.waitForTimeout(500);
  }
  await page.evaluate('scrollTo(0, 0)');
  return page.evaluate<number[]>(SCROLL);
}
