import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { chromiumProgram } from './browser.js';
import { PASSWORD } from './account-rig.js';

/** The file of a Chromium. @throws Error where there is none */
export function chromiumPath(): string {
  const program = chromiumProgram();
  if (program === undefined) throw new Error('There is no Chromium here.');
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}

/** A Chromium for the page of apps/studio, whose microphone plays a WAV file once from when it is opened. */
export class StudioBrowser {
  /** What the page should never do: exceptions, violations of the Content-Security-Policy, requests to other hosts. */
  readonly faults: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly url: string,
  ) {}

  /**
   * @param microphone  a WAV file
   * @param camera  a file of Motion JPEG, which is shown again and again; without either, the person refuses both
   * @throws Error where there is no Chromium
   */
  static async open(url: string, microphone?: string, camera?: string): Promise<StudioBrowser> {
    const executablePath = chromiumPath();
    const args = [
      '--use-fake-device-for-media-stream',
      `--use-fake-ui-for-media-stream${microphone === undefined && camera === undefined ? '=deny' : ''}`,
      `--use-file-for-fake-audio-capture=${microphone}%noloop`,
      ...(camera === undefined ? [] : [`--use-file-for-fake-video-capture=${camera}`]),
      '--autoplay-policy=no-user-gesture-required',
      '--disable-gpu',
    ];
    // It opens our own page only, and root may not use the sandbox.
    return new StudioBrowser(await chromium.launch({ executablePath, args, chromiumSandbox: false }), url);
  }

  /** A person who has never been here. @param options  of the context, such as `viewport` and `colorScheme` */
  async visitor(
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
    const context = await this.browser.newContext({ locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.faults.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'blob:' && origin !== new URL(this.url).origin) this.faults.push(request.url());
    });
    await page.goto(this.url);
    return { page, context };
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** Makes an account on the first screen, by the labels of its fields. */
export async function signUpOn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create the account' }).click();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES: RunOptions = {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] },
};

/** What axe finds serious or critical on a page as it is now: rules, with the elements that break them. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => {
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
    return axe.run(rules);
  }, RULES);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

/** The folder that pictures of the pages go to, such as docs/studio; not set: none are made. */
const { PARLANCE_STUDIO_PICTURES: PICTURES } = process.env;
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/** Takes pictures of a page: on a phone and a desktop, light and dark. @param show  shows it to a visitor of such a context; the context is
 *  closed behind @returns undefined where none are wanted */
export function pictureTaker() {
  if (!PICTURES) return undefined;
  return async (
    show: (
      look: Parameters<Browser['newContext']>[0],
    ) => Promise<{ readonly page: Page; readonly name: string }>,
  ): Promise<void> => {
    for (const [size, viewport] of Object.entries(SIZES))
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, name } = await show({ viewport, colorScheme });
        const path = join(PICTURES, `${name}-${size}-${colorScheme}.jpg`);
        await page.screenshot({ path, type: 'jpeg', quality: 60 });
        await page.context().close();
      }
  };
}

/** Opens a page anew in which `loseMicrophone` works. */
export async function watchMicrophone(page: Page): Promise<void> {
  await page.addInitScript(`{
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => (globalThis.opened = await open(wanted));
  }`);
  await page.reload();
}

/** Ends the microphone's tracks as browsers do where the device is taken away. */
export async function loseMicrophone(page: Page): Promise<void> {
  await page.evaluate(`for (const track of opened.getTracks()) {
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }`);
}
