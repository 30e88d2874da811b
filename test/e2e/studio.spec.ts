/** The page of apps/studio in a real Chromium whose microphone plays a recording, against the whole platform. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { AccessClient } from '../support/access-rig.js';
import { PASSWORD } from '../support/account-rig.js';
import { chromiumProgram } from '../support/browser.js';
import { API_KEY, type Platform } from '../support/platform.js';
import { READ_SPEECH, wordsOf } from '../support/speech-samples.js';
import { seriousFindings, signUpOn, StudioBrowser } from '../support/studio-browser.js';
import { StudioRig } from '../support/studio-rig.js';
import { until } from '../support/until.js';

/** The folder that pictures of the pages go to, such as docs/studio; not set: none are made. */
const { PARLANCE_STUDIO_PICTURES: PICTURES } = process.env;
const LIMIT_MS = 30_000;
const PHONE_AT_NIGHT = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
/** How many pixels of a page one has to scroll sideways for. */
const TOO_WIDE = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
/** Keeps what was shown as words that may still change. */
const NOTE_CHANGING_WORDS = `globalThis.changing = [];
  new MutationObserver(() => {
    const text = document.querySelector('.changing')?.textContent;
    if (text) changing.push(text);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });`;
const FOCUSED_NAME = `(document.activeElement === document.body ? '' :
  (document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent))`;

jest.setTimeout(180_000);
const withChromium = chromiumProgram() ? describe : describe.skip;

withChromium('the page at / (needs chromium-headless-shell)', () => {
  let rig: StudioRig;
  let platform: Platform;
  let browser: StudioBrowser;
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    rig = await StudioRig.start(READ_SPEECH.letter);
    ({ platform, browser } = rig);
  }, 240_000);
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(browser.faults).toEqual([]);
  });
  afterAll(async () => {
    await rig?.stop();
  });

  let visits = 0;
  async function visit(options: Parameters<StudioBrowser['visitor']>[0] = {}): Promise<Page> {
    const visitor = await browser.visitor(options);
    ({ context } = visitor);
    visitor.page.setDefaultTimeout(LIMIT_MS);
    return visitor.page;
  }
  async function learner(options: Parameters<StudioBrowser['visitor']>[0] = {}): Promise<Page> {
    const page = await visit(options);
    visits += 1;
    await signUpOn(page, `learner-${visits}@example.com`);
    await page.getByRole('heading', { name: 'Talk', exact: true }).waitFor();
    return page;
  }
  const turns = (page: Page) => page.getByRole('log').getByRole('listitem');
  const say = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Or type').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };

  it('leads a newcomer to a spoken turn: an account, Start talking, the microphone; words, the reply, the summary', async () => {
    const page = await visit();
    expect(await seriousFindings(page)).toEqual([]);
    await signUpOn(page, 'newcomer@example.com');
    await page.evaluate(NOTE_CHANGING_WORDS);
    await page.getByRole('button', { name: 'Start talking' }).click();
    const turn = turns(page).first();
    await turn.locator('.reply').waitFor();
    expect(wordsOf(await turn.locator('.said').innerText())).toEqual(
      expect.arrayContaining(['first', 'importance', 'letter']),
    );
    // Interims were shown, and told apart.
    const changing = await page.evaluate<string[]>('changing');
    expect(changing.length).toBeGreaterThan(0);
    expect(wordsOf(await turn.locator('.reply').innerText()).length).toBeGreaterThan(2);
    await turn.locator('.scores').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'End the conversation' }).click();
    await page.getByText(/The conversation has ended. Turns: 1,/).waitFor();
  });

  it('leads a newcomer to a spoken turn in three clicks: into the form, on Start talking, and on the browser’s question', async () => {
    const page = await visit();
    await page.evaluate(
      'globalThis.clicks = 0; addEventListener("pointerdown", () => { clicks += 1; }, true);',
    );
    await page.getByLabel('Your name').click();
    for (const text of ['Ada', 'three-clicks@example.com', PASSWORD]) {
      await page.keyboard.type(text);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start talking' }).click();
    await turns(page).first().locator('.reply').waitFor();
    // The third is on the browser's question for the microphone, which Chromium answers by itself here.
    expect(await page.evaluate('clicks')).toBe(2);
  });

  it('stops a reply that somebody speaks into, and says so', async () => {
    const page = await learner();
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByText('Answering. Speak to interrupt.').waitFor();
    // The microphone begins its sentence again when it is opened again.
    await page.getByRole('button', { name: 'Stop listening' }).click();
    await page.getByRole('button', { name: 'Start talking' }).click();
    await turns(page).first().getByText('You stopped the answer here.').waitFor();
    await turns(page).nth(1).locator('.reply').waitFor();
  });

  it('goes on in the same session after the connection was lost', async () => {
    const page = await learner();
    await say(page, 'Yesterday I went to the market.');
    await turns(page).first().locator('.reply').waitFor();
    await platform.kill('gateway');
    await page.getByText('The connection is lost.', { exact: false }).waitFor();
    await platform.restart('gateway');
    await until(
      async () => !(await page.getByText('The connection is lost.', { exact: false }).isVisible()),
      LIMIT_MS,
    );
    await say(page, 'I bought some apples.');
    await turns(page).nth(1).locator('.reply').waitFor();
    await page.getByRole('button', { name: 'End the conversation' }).click();
    await page.getByText(/The conversation has ended. Turns: 2,/).waitFor();
  });

  it('goes on in the same session when the access token expires, and says nothing of it', async () => {
    const gateway = await platform.startGateway({ PARLANCE_ACCESS_TOKEN_SECONDS: '4' });
    const expiring = await StudioBrowser.open(gateway.url);
    const { page } = await expiring.visitor();
    await signUpOn(page, 'expiring@example.com');
    await say(page, 'Yesterday I went to the market.');
    await turns(page).first().locator('.reply').waitFor();
    await page.waitForEvent('websocket', { timeout: LIMIT_MS });
    await say(page, 'I bought some apples.');
    await turns(page).nth(1).locator('.reply').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByRole('button', { name: 'End the conversation' }).click();
    await page.getByText(/The conversation has ended. Turns: 2,/).waitFor();
    await expiring.close();
    expect(expiring.faults).toEqual([]);
  });

  it('listens while the space bar is held, and no longer', async () => {
    const page = await learner();
    await page.getByLabel('Push to talk').check();
    const button = page.getByRole('button', { name: 'Hold to talk' });
    await button.focus();
    await page.keyboard.down(' ');
    await page.getByTestId('open').getByText('importance').waitFor();
    await page.keyboard.up(' ');
    await turns(page).first().locator('.reply').waitFor();
    expect(wordsOf(await turns(page).first().locator('.said').innerText())).toContain('importance');
    expect(await button.getAttribute('aria-pressed')).toBe('false');
  });

  it('shows HTML that somebody says as text', async () => {
    const page = await learner();
    const html = '<img src=x onerror="document.title=1"> is an image.';
    await say(page, html);
    await turns(page).first().locator('.reply').waitFor();
    expect(await turns(page).first().locator('.said').innerText()).toContain(html);
    expect(await page.locator('img').count()).toBe(0);
  });

  it('says what to do when the microphone is refused, and takes typed turns meanwhile', async () => {
    const refusing = await StudioBrowser.open(platform.gateway.url);
    const { page } = await refusing.visitor();
    await signUpOn(page, 'refusing@example.com');
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByRole('alert').getByText('The microphone is blocked.', { exact: false }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await say(page, 'Hello there.');
    await turns(page).first().locator('.reply').waitFor();
    await refusing.close();
    expect(refusing.faults).toEqual([]);
  });

  it('works by keyboard alone: in, on to a turn, and out', async () => {
    const page = await visit();
    const press = async (label: RegExp): Promise<void> => {
      for (let tries = 0; tries < 40; tries += 1) {
        await page.keyboard.press('Tab');
        const name = await page.evaluate<string>(FOCUSED_NAME);
        if (label.test(name)) return;
      }
      throw new Error(`no Tab leads to ${label}`);
    };
    await press(/Your name/);
    await page.keyboard.type('Ada');
    await press(/E-mail/);
    await page.keyboard.type('keyboard@example.com');
    await press(/Password/);
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Talk', exact: true }).waitFor();
    await press(/Start talking/);
    await page.keyboard.press('Enter');
    await turns(page).first().locator('.reply').waitFor();
    await press(/Log out/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Talk with a coach that listens' }).waitFor();
  });

  it('speaks other languages, the browser’s own at first, and remembers which one was chosen', async () => {
    const page = await visit({ locale: 'de-AT', ...PHONE_AT_NIGHT });
    await page.getByRole('heading', { name: 'Konto anlegen' }).waitFor();
    await page.getByLabel('Sprache der Seite').selectOption('es');
    await page.getByRole('heading', { name: 'Crear una cuenta' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Crear una cuenta' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('es');
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('keeps a record of turns that can be searched, and plays what was said', async () => {
    const page = await learner(PHONE_AT_NIGHT);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await turns(page).first().locator('.scores').waitFor();
    await say(page, 'I bought some apples.');
    await turns(page).nth(1).locator('.reply').waitFor();
    await page.getByRole('link', { name: 'Record' }).click();
    await page.getByText('Turns: 2').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate<number>(TOO_WIDE)).toBe(0);
    await page.getByLabel('Find in what was said').fill('importance');
    await page.getByText('Turns: 1').waitFor();
    const recording = page.waitForResponse((answer) => answer.url().endsWith('/recording'));
    await page.getByRole('button', { name: 'Play what you said' }).click();
    expect((await recording).status()).toBe(200);
  });

  it('lets developers speak live, and shows each event and what it took', async () => {
    const page = await learner();
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.getByRole('button', { name: 'Speak live' }).click();
    const events = page.getByRole('region', { name: 'Events as they come' });
    await events.getByText('"is_final":true', { exact: false }).waitFor();
    await events.getByRole('button', { name: 'Stop' }).click();
    await events.getByText(/First interim \d+ ms/).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('lets developers drop a file, and gives them the request that it made', async () => {
    const page = await learner(PHONE_AT_NIGHT);
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.getByLabel('Drop a file here', { exact: false }).setInputFiles(rig.microphone);
    await page.getByLabel('Format of the answer').selectOption('srt');
    await page.getByRole('button', { name: 'Transcribe' }).click();
    const answer = page.getByRole('region', { name: 'The answer' });
    await answer.getByText('-->', { exact: false }).waitFor();
    expect(wordsOf(await answer.innerText())).toContain('letter');
    await page.getByRole('tab', { name: 'Python' }).click();
    await page.getByText('response_format="srt"', { exact: false }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate<number>(TOO_WIDE)).toBe(0);
  });

  it('lets an owner make and revoke a key, and see models and usage, by an API key', async () => {
    const page = await visit();
    await page.getByRole('button', { name: 'Use an API key' }).click();
    await page.getByLabel('API key', { exact: true }).fill('pk_of_nobody');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('This key is not known', { exact: false }).waitFor();
    await page.getByLabel('API key', { exact: true }).fill(API_KEY);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByLabel('Name of the new key').fill('Shop');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const made = await page.locator('code').innerText();
    expect((await new AccessClient(platform.gateway, made).send('GET', '/v1/models')).status).toBe(200);
    await page.getByRole('button', { name: 'Revoke: Shop' }).click();
    await page.getByRole('cell', { name: 'revoked' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Models' }).click();
    await page.getByRole('rowheader').first().waitFor();
    await page.getByRole('tab', { name: 'Usage' }).click();
    await page
      .getByRole('rowheader', { name: /^\d{4}-\d\d-\d\d$/ })
      .first()
      .waitFor();
    await page.getByRole('tab', { name: 'Audit log' }).click();
    await page.getByRole('rowheader', { name: 'key.revoke' }).first().waitFor();
    await page.getByLabel('Action').fill('key.create');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('rowheader', { name: 'key.create' }).first().waitFor();
    expect(await page.getByRole('rowheader', { name: 'key.revoke' }).count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
  });

  (PICTURES ? it : it.skip)('has its picture taken, on a phone and a desktop, light and dark', async () => {
    const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
    for (const [size, viewport] of Object.entries(sizes))
      for (const colorScheme of ['light', 'dark'] as const) {
        const picture = (page: Page, name: string) =>
          page.screenshot({
            path: join(PICTURES!, `${name}-${size}-${colorScheme}.jpg`),
            type: 'jpeg',
            quality: 60,
          });
        const page = await visit({ viewport, colorScheme });
        await picture(page, 'welcome');
        await signUpOn(page, `pictures-${size}-${colorScheme}@example.com`);
        await say(page, 'Yesterday I goes to the market.');
        await turns(page).first().locator('details').waitFor();
        await picture(page, 'talk');
        await page.getByRole('link', { name: 'Playground' }).click();
        await page.getByRole('tab', { name: 'curl' }).waitFor();
        await picture(page, 'playground');
        await page.getByRole('link', { name: 'Record' }).click();
        await page.getByText('Turns: 1').waitFor();
        await picture(page, 'record');
        await page.getByRole('link', { name: 'Home' }).click();
        await page
          .getByRole('region', { name: 'Something to talk about' })
          .getByRole('link')
          .first()
          .waitFor();
        await picture(page, 'home');
        await page.getByRole('link', { name: 'Practice' }).click();
        await page.getByRole('button', { name: 'Get ten questions' }).click();
        await page.getByText('Question 1 of 10').waitFor();
        await picture(page, 'practice');
        await page.getByRole('link', { name: 'Talk' }).click();
        await page.getByRole('button', { name: 'Start talking' }).click();
        const how = page.getByRole('region', { name: 'How you said it' });
        await how.getByRole('button', { name: /^importance/ }).click();
        await how.scrollIntoViewIfNeeded();
        await picture(page, 'scores');
        await context?.close();
        const owner = await visit({ viewport, colorScheme });
        await owner.getByRole('button', { name: 'Use an API key' }).click();
        await owner.getByLabel('API key', { exact: true }).fill(API_KEY);
        await owner.getByRole('button', { name: 'Go on' }).click();
        await owner.getByRole('link', { name: 'Administration' }).click();
        await owner.getByRole('tab', { name: 'Models' }).click();
        await owner.getByRole('rowheader').first().waitFor();
        await picture(owner, 'administration');
        await context?.close();
      }
  });
});
