/** What goes wrong while somebody uses the page of apps/studio, in a real Chromium against the whole platform: each time the page says what has
 *  happened and how to go on, and what was said is not lost. */
import { truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { PASSWORD } from '../support/account-rig.js';
import { BreakableLine } from '../support/breakable-line.js';
import { chromiumProgram } from '../support/browser.js';
import { fileAs, READ_SPEECH, wordsOf } from '../support/speech-samples.js';
import { loseMicrophone, signUpOn, StudioBrowser, watchMicrophone } from '../support/studio-browser.js';
import { StudioRig } from '../support/studio-rig.js';
import { until } from '../support/until.js';

const LIMIT_MS = 60_000;
const LARGE_BYTES = 200_000_000;
/** From when the microphone is opened: the letter is being read out. */
const MIDDLE_MS = 2_500;
const LETTER_MS = 5_500;

jest.setTimeout(240_000);
const withChromium = chromiumProgram() ? describe : describe.skip;

withChromium('the page where something goes wrong (needs chromium-headless-shell)', () => {
  let rig: StudioRig;
  let folder: string;
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parlance-bad-'));
    rig = await StudioRig.start(READ_SPEECH.letter);
  }, 240_000);
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(rig.browser.faults).toEqual([]);
  });
  afterAll(async () => {
    await rig?.stop();
    await rm(folder, { recursive: true });
  });

  let visits = 0;
  async function learner(of: StudioBrowser = rig.browser): Promise<Page> {
    const visitor = await of.visitor();
    if (of === rig.browser) ({ context } = visitor);
    visitor.page.setDefaultTimeout(LIMIT_MS);
    await watchMicrophone(visitor.page);
    visits += 1;
    await signUpOn(visitor.page, `unlucky-${visits}@example.com`);
    await visitor.page.getByRole('button', { name: 'Start talking' }).waitFor();
    return visitor.page;
  }
  const turns = (page: Page) =>
    page
      .getByRole('log')
      .getByRole('listitem')
      .filter({ has: page.locator('.said') });
  const say = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Or type').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };
  const wordsIn = async (page: Page): Promise<string[]> =>
    wordsOf((await turns(page).locator('.said').allInnerTexts()).join(' '));
  const alerted = (page: Page, text: string) =>
    page.getByRole('alert').getByText(text, { exact: false }).waitFor();

  it('the microphone vanishes: what was said becomes a turn, and the next microphone goes on', async () => {
    const page = await learner();
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.waitForTimeout(MIDDLE_MS);
    await loseMicrophone(page);
    await alerted(page, 'The microphone has gone.');
    await turns(page).first().locator('.reply').waitFor();
    expect(await wordsIn(page)).toContain('first');
    await page.getByRole('button', { name: 'Start talking' }).click();
    await turns(page).nth(1).locator('.reply').waitFor();
    expect(await page.getByText('The microphone has gone.', { exact: false }).count()).toBe(0);
  });

  it('the microphone vanishes in an exam, and the page is loaded again: all that was said is in the answer', async () => {
    const page = await learner();
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByRole('tab', { name: 'Exams' }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: '15 s to prepare' })
      .first()
      .getByRole('button')
      .click();
    await page.getByText('Speak now.').waitFor();
    await loseMicrophone(page);
    await alerted(page, 'The microphone has gone. What you said until then is kept.');
    await page.getByRole('button', { name: 'Go on' }).click();
    // The letter is read out from when the microphone is opened.
    await page.waitForTimeout(LETTER_MS);
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.reload();
    await page.getByText('An exam is going on that you began.', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Speak now.').waitFor();
    await page.waitForTimeout(LETTER_MS);
    await page.getByRole('button', { name: 'I have finished' }).click();
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText(/^\d+ of 100$/).waitFor();
    const said = wordsOf(await result.locator('.said').innerText());
    expect(said.filter((word) => word === 'importance')).toHaveLength(2);
    await page.reload();
    expect(await page.getByText('An exam is going on', { exact: false }).count()).toBe(0);
  });

  it('the microphone gives no sound: the page asks whether it is the right one, and takes what is typed', async () => {
    const silence = join(folder, 'silence.wav');
    writeFileSync(silence, fileAs('anullsrc=r=48000:cl=mono', '-t 10 -f wav', ['-f', 'lavfi']));
    const silent = await StudioBrowser.open(rig.platform.gateway.url, silence);
    const page = await learner(silent);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await alerted(page, 'I hear no sound.');
    await say(page, 'Can you hear me?');
    await turns(page).first().locator('.reply').waitFor();
    await silent.close();
    expect(silent.faults).toEqual([]);
  });

  it('the line breaks in mid-utterance: the page says so, and every word is in the turns once it is back', async () => {
    const line = await BreakableLine.to(rig.platform.gateway.url);
    const remote = await StudioBrowser.open(line.url, rig.microphone);
    const page = await learner(remote);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.waitForTimeout(MIDDLE_MS);
    await page.context().setOffline(true);
    line.breakOff();
    await alerted(page, 'You are offline.');
    await page.getByText('The connection is lost.', { exact: false }).waitFor();
    await page.waitForTimeout(MIDDLE_MS);
    line.mend();
    await page.context().setOffline(false);
    await until(async () => (await wordsIn(page)).includes('form'), LIMIT_MS);
    expect(await wordsIn(page)).toEqual(expect.arrayContaining(['first', 'importance', 'form']));
    expect(await page.getByRole('alert').count()).toBe(0);
    await remote.close();
    await line.close();
    expect(remote.faults).toEqual([]);
  });

  it('the log-in ends in mid-session: the page asks for another one, and what was said is in the record', async () => {
    const gateway = await rig.platform.startGateway({ PARLANCE_ACCESS_TOKEN_SECONDS: '4' });
    const ending = await StudioBrowser.open(gateway.url);
    const page = await learner(ending);
    const email = `unlucky-${visits}@example.com`;
    await say(page, 'Yesterday I went to the market.');
    await turns(page).first().locator('.reply').waitFor();
    // As another device that has logged this person out leaves it.
    await page.evaluate(`localStorage.setItem('parlance.login',
      JSON.stringify({ ...JSON.parse(localStorage.getItem('parlance.login')), refreshToken: 'of yesterday' }))`);
    await alerted(page, 'Your log-in has ended. Log in again: what you said is kept.');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByRole('link', { name: 'Record' }).click();
    await page.getByText('Yesterday I went to the market.').waitFor();
    await ending.close();
    expect(ending.faults).toEqual([]);
  });

  it('two tabs: each has a conversation of its own, and who logs out in one is out in both', async () => {
    const one = await learner();
    const other = await context!.newPage();
    other.setDefaultTimeout(LIMIT_MS);
    await other.goto(rig.platform.gateway.url);
    await Promise.all([say(one, 'I like apples.'), say(other, 'I like pears.')]);
    for (const [page, fruit] of [
      [one, 'apples'],
      [other, 'pears'],
    ] as const) {
      await turns(page).first().locator('.reply').waitFor();
      expect(await turns(page).count()).toBe(1);
      expect(await wordsIn(page)).toContain(fruit);
    }
    await one.getByRole('button', { name: 'Log out' }).click();
    await other
      .getByRole('heading', { name: 'Create an account' })
      .or(other.getByLabel('Password'))
      .first()
      .waitFor();
  });

  it('a file of 200 MB that is no sound: the server’s answer is shown, and the next file is taken', async () => {
    const page = await learner();
    const large = join(folder, 'large.wav');
    writeFileSync(large, '');
    truncateSync(large, LARGE_BYTES);
    await page.getByRole('link', { name: 'Playground' }).click();
    const file = page.getByLabel('Drop a file here', { exact: false });
    await file.setInputFiles(large);
    await page.getByText('large.wav, 200.0 MB').waitFor();
    await page.getByRole('button', { name: 'Transcribe' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await alerted(page, 'That did not work:');
    await file.setInputFiles(rig.microphone);
    await page.getByRole('button', { name: 'Transcribe' }).click();
    const answer = page.getByRole('region', { name: 'The answer' });
    await answer.getByText('letter', { exact: false }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByRole('link', { name: 'Sign letters' }).click();
    await page.getByLabel('Or drop a photograph', { exact: false }).setInputFiles(large);
    await alerted(page, 'This picture is too large');
  });

  it('a slow line: the page shows that it loads, and a server out of reach is told with a way on', async () => {
    const page = await learner();
    const line = await context!.newCDPSession(page);
    await line.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 1_500, downloadThroughput: 50_000, uploadThroughput: 20_000 },
    });
    await page.getByRole('link', { name: 'Record' }).click();
    await page.getByText('Loading …').first().waitFor();
    await page.getByText('Nothing yet.', { exact: false }).waitFor();
    await page.getByRole('link', { name: 'Talk', exact: true }).click();
    await say(page, 'It is slow here.');
    await turns(page).first().locator('.reply').waitFor();
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.route('**/question-sets', (request) => request.abort(), { times: 1 });
    await page.getByLabel('Topic').fill('food');
    await page.getByRole('button', { name: 'Get ten questions' }).click();
    await alerted(page, 'The server can not be reached.');
    expect(await page.getByLabel('Topic').inputValue()).toBe('food');
    await context!.setOffline(true);
    await page.getByRole('button', { name: 'Get ten questions' }).click();
    await alerted(page, 'You are offline.');
    await context!.setOffline(false);
    // What was asked for meanwhile comes.
    await page.getByText('Question 1 of 10').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
