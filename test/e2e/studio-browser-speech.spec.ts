/** The page of apps/studio in a real Chromium where the platform neither recognises nor speaks: the browser does both. What browsers recognise
 *  with is a service of their makers, which is not here: its place takes a stand-in that says one sentence. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumProgram } from '../support/browser.js';
import { API_KEY, Platform } from '../support/platform.js';
import { StudioBrowser } from '../support/studio-browser.js';
import { READ_SPEECH, speechAs } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const LIMIT_MS = 30_000;
const SENTENCE = 'Yesterday I went to the market.';

/** The events of a SpeechRecognition that recognises one sentence (Web Speech API), and a voice that notes what it says. */
const STAND_INS = `{
  globalThis.spoken = [];
  Object.defineProperty(globalThis, 'speechSynthesis', { value: {
    speak(utterance) { spoken.push(utterance.text); setTimeout(() => utterance.dispatchEvent(new Event('end')), 50); },
    cancel() {},
  } });
  const result = (transcript, isFinal) => ({ resultIndex: 0, results: [Object.assign([{ transcript }], { isFinal })] });
  const heard = class {
    start() {
      setTimeout(() => this.onresult(result('yesterday I', false)), 200);
      setTimeout(() => this.onresult(result('${SENTENCE}', true)), 4000);
    }
    stop() {}
  };
  Object.defineProperty(globalThis, 'SpeechRecognition', { value: heard });
}`;
/** As in browsers that have none. */
const NO_RECOGNITION = `for (const name of ['SpeechRecognition', 'webkitSpeechRecognition'])
  Object.defineProperty(globalThis, name, { value: undefined });`;

jest.setTimeout(120_000);
const withChromium = chromiumProgram() ? describe : describe.skip;

withChromium('the page of a platform that does not hear or speak (needs chromium-headless-shell)', () => {
  let platform: Platform;
  let browser: StudioBrowser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parlance-browser-'));
    const espeak = join(folder, 'espeak-ng');
    // It has voices, and none of them speaks.
    await writeFile(espeak, '#!/bin/sh\ncase "$*" in *--voices*) exec espeak-ng "$@";; esac\nexit 1\n');
    await chmod(espeak, 0o755);
    platform = await Platform.start({
      services: ['conversation', 'tts'],
      gateway: { PARLANCE_WAIT_FOR_PODS_MS: '1' },
      tts: { PARLANCE_MODELS: 'no-models', PARLANCE_ESPEAK: espeak },
    });
    const microphone = join(folder, 'microphone.wav');
    await writeFile(microphone, speechAs(READ_SPEECH.letter, '-ar 48000 -ac 1 -f wav'));
    browser = await StudioBrowser.open(platform.gateway.url, microphone);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await rm(folder, { recursive: true });
  });

  async function visitor(script: string): Promise<Page> {
    const { page } = await browser.visitor();
    page.setDefaultTimeout(LIMIT_MS);
    await page.addInitScript(script);
    await page.reload();
    await page.getByLabel('API key', { exact: true }).fill(API_KEY);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Start talking' }).click();
    return page;
  }

  it('hears by the browser’s recognition, and says so; the reply is read by the browser’s voice', async () => {
    const page = await visitor(STAND_INS);
    await page.getByText('Your browser does it instead', { exact: false }).waitFor();
    await page.getByTestId('open').getByText('yesterday I').waitFor();
    const turn = page.getByRole('log').getByRole('listitem').first();
    await turn.locator('.reply').waitFor();
    expect(await turn.locator('.said').innerText()).toContain(SENTENCE);
    await page.getByText('The browser’s own voice reads the answers just now.').waitFor();
    const spoken = await until(async () => {
      const texts = await page.evaluate<string[]>('spoken');
      return texts.length > 0 && texts;
    }, LIMIT_MS);
    expect(await turn.locator('.reply').innerText()).toContain(spoken[0]);
    expect(browser.faults).toEqual([]);
  });

  it('says how to go on where the browser has no recognition', async () => {
    const page = await visitor(NO_RECOGNITION);
    await page.getByRole('alert').getByText('this browser can not', { exact: false }).waitFor();
    await page.getByLabel('Or type').fill('Hello there.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('log').locator('.reply').first().waitFor();
  });
});
