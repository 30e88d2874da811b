import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { chromium, type Page } from 'playwright-core';
import { freePort } from '../../support/free-port.js';
import { chromiumPath } from '../../support/studio-browser.js';

const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;

/** What Lighthouse says of a page under its mobile profile: a phone of a quarter of this machine's speed, slow 4G (simulated). */
export interface PageLoad {
  /** 0 to 1. */
  readonly scores: Readonly<Record<(typeof CATEGORIES)[number], number>>;
  /** Until it answers what one does, milliseconds (time to interactive). */
  readonly usableMs: number;
  readonly firstContentMs: number;
  /** Of that time, by long tasks. */
  readonly blockedMs: number;
  /** Of JavaScript, as it was sent. */
  readonly scriptBytes: number;
  /** Audits that cost something, by their titles. */
  readonly short: readonly string[];
}

/** A Chromium with a profile of its own, that Lighthouse can drive. */
export class MeasuredBrowser {
  private constructor(
    private readonly context: Awaited<ReturnType<typeof chromium.launchPersistentContext>>,
    private readonly port: number,
    private readonly profile: string,
  ) {}

  static async open(): Promise<MeasuredBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'parlance-lighthouse-'));
    const port = await freePort();
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath(),
      args: [`--remote-debugging-port=${port}`, '--disable-gpu', '--lang=en-GB'],
      locale: 'en-GB',
      // It opens our own page only, and root may not use the sandbox.
      chromiumSandbox: false,
    });
    return new MeasuredBrowser(context, port, profile);
  }

  page(): Promise<Page> {
    return this.context.newPage();
  }

  /** Loads a page, logged in as the profile is. @param isKnown  whether the browser has kept files of an earlier visit
   *  @throws Error where Lighthouse could not measure it */
  async load(url: string, isKnown = false): Promise<PageLoad> {
    if (!isKnown) {
      const page = await this.page();
      await (await this.context.newCDPSession(page)).send('Network.clearBrowserCache');
      await page.close();
    }
    const run = await lighthouse(url, {
      port: this.port,
      logLevel: 'error',
      onlyCategories: [...CATEGORIES],
      // The log-in is kept.
      disableStorageReset: true,
    });
    const { categories, audits, runtimeError } = run!.lhr;
    if (runtimeError) throw new Error(`Lighthouse: ${runtimeError.message}`);
    const requests = (
      audits['network-requests']!.details as unknown as { readonly items: readonly Request[] }
    ).items;
    return {
      scores: Object.fromEntries(
        CATEGORIES.map((name) => [name, categories[name]!.score ?? 0]),
      ) as PageLoad['scores'],
      firstContentMs: audits['first-contentful-paint']!.numericValue!,
      blockedMs: audits['total-blocking-time']!.numericValue!,
      usableMs: audits['interactive']!.numericValue!,
      scriptBytes: requests
        .filter(({ resourceType }) => resourceType === 'Script')
        .reduce((sum, { transferSize }) => sum + transferSize, 0),
      short: CATEGORIES.flatMap((name) =>
        categories[name]!.auditRefs.flatMap(({ id, weight }) => {
          const { score, title, displayValue } = audits[id]!;
          if (weight === 0 || score === null || score >= 0.9) return [];
          return [[title, displayValue].filter(Boolean).join(': ')];
        }),
      ),
    };
  }

  async close(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}

/** A row of Lighthouse's `network-requests`. */
interface Request {
  readonly resourceType?: string;
  readonly transferSize: number;
}
