/** What teachers and administrators see and write on the page of apps/studio, in a real Chromium, against the whole platform. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { AccessClient } from '../support/access-rig.js';
import { chromiumProgram } from '../support/browser.js';
import { deadLetterOf, waitingTurns } from '../support/dead-letters.js';
import { API_KEY } from '../support/platform.js';
import { READ_SPEECH } from '../support/speech-samples.js';
import { seriousFindings, signUpOn } from '../support/studio-browser.js';
import { StudioRig } from '../support/studio-rig.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';

/** The folder that pictures of the pages go to, such as docs/studio; not set: none are made. */
const { PARLANCE_STUDIO_PICTURES: PICTURES } = process.env;
const LIMIT_MS = 30_000;
const PHONE_AT_NIGHT = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
/** How many pixels of a page one has to scroll sideways for. */
const TOO_WIDE = 'document.documentElement.scrollWidth - innerWidth';
const FOCUSED_NAME = `(document.activeElement === document.body ? '' :
  (document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent))`;
/** More learners than a page of the list has. */
const PUPILS = 21;

jest.setTimeout(180_000);
const withChromium = chromiumProgram() ? describe : describe.skip;

withChromium('the page of teachers and administrators (needs chromium-headless-shell)', () => {
  let rig: StudioRig;
  let context: BrowserContext | undefined;
  let teacherKey: string;
  beforeAll(async () => {
    rig = await StudioRig.start(READ_SPEECH.letter);
    const made = await rig.owner.send('POST', '/api/v1/keys', { name: 'Class', role: 'teacher' });
    teacherKey = String(made.body.key);
    const { page, context: learners } = await rig.browser.visitor();
    page.setDefaultTimeout(LIMIT_MS);
    await signUpOn(page, 'ada@example.com');
    // Two turns that are spoken have scores, and so a trend.
    for (const turn of [0, 1]) {
      await page.getByRole('button', { name: 'Start talking' }).click();
      await page.getByRole('log').getByRole('listitem').nth(turn).locator('.scores').first().waitFor();
      await page.getByRole('button', { name: 'Stop listening' }).click();
    }
    await page.getByRole('button', { name: 'End the conversation' }).click();
    await page.getByText(/The conversation has ended/).waitFor();
    await learners.close();
    for (let pupil = 1; pupil <= PUPILS; pupil += 1)
      await rig.owner.send('POST', '/api/v1/sessions/open', {
        ...{ user_external_id: `pupil-${String(pupil).padStart(2, '0')}`, mode_code: 'conversation' },
        language_code: 'en',
      });
  }, 240_000);
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(rig.browser.faults).toEqual([]);
  });
  afterAll(() => rig?.stop());

  async function visit(
    key: string,
    link: string,
    options: Parameters<StudioRig['browser']['visitor']>[0] = {},
  ): Promise<Page> {
    const visitor = await rig.browser.visitor(options);
    ({ context } = visitor);
    const { page } = visitor;
    page.setDefaultTimeout(LIMIT_MS);
    await page.getByRole('button', { name: 'Use an API key' }).click();
    await page.getByLabel('API key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('link', { name: link }).click();
    await page.getByRole('heading', { name: link, level: 1 }).waitFor();
    return page;
  }
  const open = async (page: Page, tab: string): Promise<void> =>
    page.getByRole('tab', { name: tab, exact: true }).click();
  async function isFine(page: Page): Promise<void> {
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate<number>(TOO_WIDE)).toBe(0);
  }

  it('lists learners page by page, finds them by name, and shows how one of them speaks', async () => {
    const page = await visit(teacherKey, 'Teaching', PHONE_AT_NIGHT);
    await page.getByRole('button', { name: 'pupil-01' }).waitFor();
    expect(await page.getByRole('button', { name: 'pupil-21' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('button', { name: 'pupil-21' }).waitFor();
    await isFine(page);
    await page.getByLabel('Name, e-mail address', { exact: false }).fill('ADA');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'pupil-01' }).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Ada' }).press('Enter');
    const learner = page.getByRole('region', { name: 'Ada' });
    await learner.getByRole('img', { name: 'Overall, turn by turn' }).waitFor();
    await learner.getByLabel('Score', { exact: true }).selectOption('fluency');
    await learner.getByRole('img', { name: 'Fluency, turn by turn' }).waitFor();
    expect(await learner.locator('.facts').innerText()).toMatch(/Turns\s+2/);
    const recording = page.waitForResponse((answer) => answer.url().endsWith('/recording'));
    await learner.getByRole('button', { name: 'Play the recording' }).first().click();
    expect((await recording).status()).toBe(200);
    await isFine(page);
    await learner.getByRole('button', { name: 'All learners' }).press('Enter');
    await page.getByRole('button', { name: 'Ada' }).waitFor();
  });

  it('lets a teacher write a scenario beside what learners see of it, and says what is refused at its field', async () => {
    const page = await visit(teacherKey, 'Teaching', PHONE_AT_NIGHT);
    await open(page, 'Scenarios');
    await page.getByRole('button', { name: 'New scenario' }).press('Enter');
    await page.getByLabel('The coach is').fill('the mechanic');
    await page.getByLabel('The learner is').fill('a customer');
    await page.getByLabel('The coach begins with').fill('What can I do for you?');
    await page.getByLabel('Languages').fill('English!');
    await page.getByLabel('Goals').fill('Say what is broken.\nAsk for the price.');
    const seen = page.getByRole('region', { name: 'As learners see it' });
    await seen.getByText('You are a customer; the coach is the mechanic.', { exact: false }).waitFor();
    expect(await seen.getByRole('listitem').allInnerTexts()).toEqual([
      'Say what is broken.',
      'Ask for the price.',
    ]);
    await page.getByRole('button', { name: 'Save' }).click();
    for (const field of ['Title', 'Languages'])
      expect(
        await page
          .getByLabel(field, { exact: true })
          .evaluate((one: { readonly matches: (by: string) => boolean }) =>
            one.matches('[aria-invalid="true"]'),
          ),
      ).toBe(true);
    await isFine(page);
    await page.getByLabel('Title').fill('At the bicycle shop');
    await page.getByLabel('Languages').fill('en');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Edit: At the bicycle shop' }).click();
    await page.getByLabel('Title').fill('At the repair shop');
    // Somebody else was faster.
    await rig.owner.send('PATCH', '/api/v1/scenarios/at-the-bicycle-shop', { version: 1, level: 'B1' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('version', { exact: false }).waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('At the repair shop');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('row', { name: 'At the bicycle shop B1' }).waitFor();
    await page.getByRole('button', { name: 'Edit: At the bicycle shop' }).click();
    await page.getByLabel('Title').fill('At the repair shop');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Edit: At the repair shop' }).waitFor();
    const stored = await rig.owner.send('GET', '/api/v1/scenarios/at-the-bicycle-shop');
    expect(stored.body).toMatchObject({ title: 'At the repair shop', version: 3, languages: ['en'] });
    await isFine(page);
    await page.getByRole('button', { name: 'Delete: At the repair shop' }).click();
    await page.getByRole('button', { name: 'Edit: At the repair shop' }).waitFor({ state: 'detached' });
  });

  it('lets a teacher make a course and write its lessons', async () => {
    const page = await visit(teacherKey, 'Teaching');
    await open(page, 'Lessons');
    await page.getByLabel('Title of a new course').fill('Travel');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'New lesson' }).click();
    await page.getByLabel('Place in the course').fill('-1');
    await page.getByLabel('Content').fill('How to ask the way.');
    await page.getByRole('button', { name: 'Save' }).click();
    const position = page.getByLabel('Place in the course');
    await page.getByRole('alert').first().waitFor();
    expect(await position.getAttribute('aria-invalid')).toBe('true');
    await isFine(page);
    await position.fill('1');
    await page.getByLabel('Title', { exact: true }).fill('Asking the way');
    await page.getByLabel('Key points').fill('Where is …?');
    await page.getByRole('region', { name: 'As learners see it' }).getByText('Where is …?').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Edit: Asking the way' }).waitFor();
    await isFine(page);
    await page.getByRole('button', { name: 'Delete: Asking the way' }).click();
    await page.getByRole('button', { name: 'Edit: Asking the way' }).waitFor({ state: 'detached' });
  });

  it('lets a teacher weigh the criteria of a mode, and says at the weights that they must add up to 1', async () => {
    const page = await visit(teacherKey, 'Teaching');
    await open(page, 'Rubrics');
    for (const [name, weight] of [
      ['Fluency', '0.4'],
      ['Vocabulary', '0.3'],
      ['Grammar', '0.2'],
      ['Pronunciation', '0.2'],
    ] as const)
      await page.getByLabel(name, { exact: true }).fill(weight);
    await page.getByText('Sum: 1.1').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('must add up to 1', { exact: false }).waitFor();
    await isFine(page);
    await page.getByLabel('Pronunciation', { exact: true }).fill('0.1');
    await page.getByText('Sum: 1', { exact: true }).waitFor();
    const saved = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
    await page.getByRole('button', { name: 'Save' }).click();
    expect((await saved).status()).toBe(200);
    const { body } = await rig.owner.send('GET', '/api/v1/teaching-modes/conversation');
    expect(body).toMatchObject({ rubric: { weights: { fluency: 0.4, pronunciation: 0.1 } } });
  });

  it('is written in by keyboard alone, in German', async () => {
    const { page, context: own } = await rig.browser.visitor({ locale: 'de-DE' });
    context = own;
    page.setDefaultTimeout(LIMIT_MS);
    const press = async (label: RegExp): Promise<void> => {
      for (let tries = 0; tries < 40; tries += 1) {
        await page.keyboard.press('Tab');
        if (label.test(await page.evaluate<string>(FOCUSED_NAME))) return;
      }
      throw new Error(`no Tab leads to ${label}`);
    };
    await press(/^API-Schlüssel/);
    await page.keyboard.press('Enter');
    await press(/^API-Schlüssel/);
    await page.keyboard.type(teacherKey);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Unterricht' }).waitFor();
    await press(/^Unterricht/);
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Lernende' }).waitFor();
    await press(/^Lernende/);
    for (const _ of ['Szenarien', 'Lektionen', 'Bewertung']) await page.keyboard.press('ArrowRight');
    await page.getByText('Summe: 1', { exact: true }).waitFor();
    await press(/^Wie Punkte vergeben werden/);
    await page.keyboard.type('Klar reden. ');
    await press(/^Speichern/);
    await page.keyboard.press('Enter');
    await page.getByText('Gespeichert.').waitFor();
    // Who goes on by keyboard goes on from where they were.
    expect(await page.evaluate<string>(FOCUSED_NAME)).toBe('Speichern');
    const { body } = await rig.owner.send('GET', '/api/v1/teaching-modes/conversation');
    expect(JSON.stringify(body.guidelines)).toContain('Klar reden.');
    await isFine(page);
  });

  it('shows an administrator usage by learner, limits and one learner’s, and models that can be unloaded', async () => {
    const page = await visit(API_KEY, 'Administration', PHONE_AT_NIGHT);
    await open(page, 'Usage');
    await page.getByRole('combobox', { name: /^By/ }).selectOption('learner');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('columnheader', { name: 'Learner' }).waitFor();
    await isFine(page);
    await open(page, 'Limits');
    await page.getByText('Nothing is limited.').waitFor();
    await page.getByLabel('Id of the learner').fill('pupil-01');
    await page.keyboard.press('Enter');
    const limits = page.getByRole('form', { name: 'Limits: pupil-01' });
    await limits.getByLabel('Minutes of audio per day').fill('-3');
    await limits.getByRole('button', { name: 'Save' }).click();
    await limits.getByRole('alert').waitFor();
    await isFine(page);
    await limits.getByLabel('Minutes of audio per day').fill('60');
    await limits.getByRole('button', { name: 'Save' }).click();
    await limits.getByText('Saved.').waitFor();
    await limits.getByRole('button', { name: 'As for all' }).click();
    await limits.getByRole('button', { name: 'As for all' }).waitFor({ state: 'detached' });
    await open(page, 'Models');
    await page.getByRole('columnheader', { name: 'Mean time' }).waitFor();
    await page.getByRole('button', { name: 'Unload: silero-vad' }).waitFor();
    await isFine(page);
  });

  it('lists work that failed for good, publishes it again, and discards it', async () => {
    const { url } = rig.platform.nats;
    const turn = aTurn({ identity: anIdentity() });
    const [again, never] = [await deadLetterOf(url, turn), await deadLetterOf(url)];
    const page = await visit(API_KEY, 'Administration');
    await open(page, 'Dead letters');
    await page.getByText('The language model did not answer.').first().waitFor();
    await isFine(page);
    const retried = page.waitForResponse((answer) => answer.url().endsWith(`/${again}/retry`));
    await page.getByRole('button', { name: `Try again: ${again}` }).press('Enter');
    expect((await retried).status()).toBe(200);
    await page.getByRole('button', { name: `Try again: ${again}` }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: `Discard: ${never}` }).press('Enter');
    await page.getByRole('button', { name: `Discard: ${never}` }).waitFor({ state: 'detached' });
    expect(await waitingTurns(url)).not.toContain(never);
  });

  it('shows none of it to a learner, and no keys to a teacher', async () => {
    const { page, context: own } = await rig.browser.visitor();
    context = own;
    page.setDefaultTimeout(LIMIT_MS);
    await signUpOn(page, 'bob@example.com');
    await page.getByRole('heading', { name: 'Talk', exact: true }).waitFor();
    for (const name of ['Teaching', 'Administration'])
      expect(await page.getByRole('link', { name }).count()).toBe(0);
    await own.close();
    const teacher = await visit(teacherKey, 'Administration');
    await teacher.getByRole('alert').getByText('This needs a key', { exact: false }).waitFor();
    const { status } = await new AccessClient(rig.platform.gateway, teacherKey).send('GET', '/api/v1/keys');
    expect(status).toBe(403);
  });

  (PICTURES ? it : it.skip)('has its picture taken, on a phone and a desktop, light and dark', async () => {
    const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
    await deadLetterOf(rig.platform.nats.url);
    for (const [size, viewport] of Object.entries(sizes))
      for (const colorScheme of ['light', 'dark'] as const) {
        const picture = (page: Page, name: string) =>
          page.screenshot({
            path: join(PICTURES!, `${name}-${size}-${colorScheme}.jpg`),
            type: 'jpeg',
            quality: 60,
          });
        const teacher = await visit(teacherKey, 'Teaching', { viewport, colorScheme });
        await teacher.getByRole('button', { name: 'pupil-01' }).waitFor();
        await picture(teacher, 'learners');
        await teacher.getByRole('button', { name: 'Ada' }).first().click();
        await teacher.getByRole('img', { name: 'Overall, turn by turn' }).waitFor();
        await picture(teacher, 'learner');
        await open(teacher, 'Scenarios');
        await teacher
          .getByRole('button', { name: /^Edit: / })
          .first()
          .click();
        await picture(teacher, 'scenario');
        await open(teacher, 'Rubrics');
        await teacher.getByText('Sum: 1', { exact: true }).waitFor();
        await picture(teacher, 'rubric');
        await context?.close();
        const owner = await visit(API_KEY, 'Administration', { viewport, colorScheme });
        await open(owner, 'Dead letters');
        await owner.getByText('The language model did not answer.').first().waitFor();
        await picture(owner, 'dead-letters');
        await open(owner, 'Limits');
        await owner.getByLabel('Id of the learner').fill('pupil-01');
        await owner.keyboard.press('Enter');
        await owner.getByRole('form').waitFor();
        await picture(owner, 'limits');
        await context?.close();
      }
  });
});
