/** Letters signed with one hand, on the page of apps/studio in a real Chromium, whose camera shows a drawn hand, read by the trained model. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumProgram } from '../support/browser.js';
import { API_KEY, Platform } from '../support/platform.js';
import { drawnHand, REFUSED_IMAGES } from '../support/sign-images.js';
import { pictureTaker, seriousFindings, StudioBrowser } from '../support/studio-browser.js';
import { until } from '../support/until.js';

const LIMIT_MS = 30_000;
const MOST_BYTES = 15 * 1024 ** 2;

/** What the page says of each code. */
const TOLD: Readonly<Record<string, string>> = {
  'image.empty': 'This file is no picture that can be read.',
  'image.unsupported_format': 'This file is no picture that can be read.',
  'image.corrupt': 'This picture is damaged or not whole.',
  'image.too_large': 'This picture is too large',
  'image.no_hand': 'No hand is seen in this picture.',
};

jest.setTimeout(120_000);
const withChromium = chromiumProgram() ? describe : describe.skip;

withChromium('the page of sign letters (needs chromium-headless-shell)', () => {
  let platform: Platform;
  let folder: string;
  let browser: StudioBrowser;
  let page: Page;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parlance-signs-'));
    const [hand, camera] = [join(folder, 'hand.jpg'), join(folder, 'hand.mjpeg')];
    await writeFile(hand, await drawnHand());
    // Between two black bars, as a camera's picture is wider than high.
    const args = `-v error -loop 1 -i ${hand} -t 1 -r 10 -vf pad=640:480:80:0 -pix_fmt yuvj420p -q:v 2 ${camera}`;
    execFileSync('ffmpeg', args.split(' '));
    platform = await Platform.start({ services: ['inference'] });
    browser = await StudioBrowser.open(platform.gateway.url, undefined, camera);
  }, 180_000);
  afterEach(async () => {
    await page?.context().close();
    expect(browser.faults).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await rm(folder, { recursive: true });
  });

  async function signsPage(
    options: Parameters<StudioBrowser['visitor']>[0] = {},
    of = browser,
  ): Promise<Page> {
    const visitor = await of.visitor(options);
    visitor.page.setDefaultTimeout(LIMIT_MS);
    await visitor.page.getByLabel('API key', { exact: true }).fill(API_KEY);
    await visitor.page.getByRole('button', { name: 'Go on' }).click();
    await visitor.page.getByRole('link', { name: 'Sign letters' }).click();
    await visitor.page.getByRole('heading', { name: 'Sign letters' }).waitFor();
    return visitor.page;
  }
  const choose = (name: string, buffer: Buffer): Promise<void> =>
    page.getByLabel('Or drop a photograph', { exact: false }).setInputFiles({
      ...{ name, mimeType: 'image/jpeg', buffer },
    });
  const cameraShows = () =>
    until(() => page.evaluate<boolean>('document.querySelector("video")?.videoWidth > 0'), LIMIT_MS);
  const answer = () => page.getByRole('region', { name: 'What was read' });

  it('reads the letter that the camera sees, with the probability of each, by keyboard alone', async () => {
    page = await signsPage();
    await page.getByRole('button', { name: 'Open the camera' }).press('Enter');
    await page.locator('video').waitFor();
    await cameraShows();
    await page.getByRole('button', { name: 'Read the letter' }).press('Enter');
    await answer()
      .getByText(/The letter [A-Z], with a probability of \d+ %/)
      .waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await answer().getByText('Probabilities of all letters').click();
    expect(await answer().locator('details').getByRole('listitem').count()).toBe(26);
    await page.getByRole('button', { name: 'Close the camera' }).click();
    expect(await page.locator('video').count()).toBe(0);
  });

  it('reads a photograph as it reads the camera, and shows it', async () => {
    page = await signsPage({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    const told = async (): Promise<string> =>
      (
        await answer()
          .getByText(/The letter/)
          .innerText()
      ).match(/The letter ([A-Z])/)![1]!;
    await choose('hand.jpg', await drawnHand());
    await answer().waitFor();
    const ofFile = await told();
    await page.getByRole('img', { name: 'The picture that was read' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open the camera' }).click();
    await cameraShows();
    const read = page.waitForResponse((one) => one.url().endsWith('/api/v1/signs'));
    await page.getByRole('button', { name: 'Read the letter' }).click();
    expect((await read).status()).toBe(200);
    await answer().waitFor();
    expect(await told()).toBe(ofFile);
  });

  it('says in words why a picture is refused, and takes the next one', async () => {
    page = await signsPage();
    for (const [, made, code] of REFUSED_IMAGES) {
      await choose('picture', await made());
      await page.getByRole('alert').getByText(TOLD[code]!, { exact: false }).waitFor();
    }
    // It is not sent.
    await choose('large.jpg', Buffer.alloc(MOST_BYTES + 1));
    await page.getByRole('alert').getByText(TOLD['image.too_large']!, { exact: false }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await choose('hand.jpg', await drawnHand());
    await answer().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('says how to go on where the camera is refused, and reads a photograph meanwhile', async () => {
    const refusing = await StudioBrowser.open(platform.gateway.url);
    page = await signsPage({}, refusing);
    await page.getByRole('button', { name: 'Open the camera' }).click();
    await page.getByRole('alert').getByText('The camera is blocked.', { exact: false }).waitFor();
    await choose('hand.jpg', await drawnHand());
    await answer().waitFor();
    await refusing.close();
    expect(refusing.faults).toEqual([]);
  });

  const pictures = pictureTaker();
  (pictures ? it : it.skip)('has its picture taken', async () => {
    await pictures!(async (look) => {
      page = await signsPage(look);
      await page.getByRole('button', { name: 'Open the camera' }).click();
      await cameraShows();
      await page.getByRole('button', { name: 'Read the letter' }).click();
      await answer().waitFor();
      return { page, name: 'signs' };
    });
  });
});
