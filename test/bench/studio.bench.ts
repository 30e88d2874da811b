import { fileAs, READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { PASSWORD, Person } from '../support/account-rig.js';
import { StudioRig } from '../support/studio-rig.js';
import { signUpOn } from '../support/studio-browser.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { limitRow, medianOf, p95Of, shareRow, type RatioRow } from './ratios.js';
import { MeasuredBrowser } from './studio/page-load.js';
import { playTurns, tapTurns } from './studio/played-turns.js';
import { fillRecord, scrollRecord } from './studio/scrolled-record.js';

/** `npm run bench:studio` (PARLANCE_BENCH_TURNS, PARLANCE_BENCH_PARTS: loads, turns, record): the targets of the page of apps/studio, in a real Chromium against the whole platform. Its first
 *  load, by Lighthouse under its mobile profile, of who was never there (welcome), logged in without a file of it (entered) and with them (again); what it adds between the end of speech and the sound of the reply,
 *  the microphone playing a recording; how a record of 1,000 turns scrolls. */
const TURNS = Number(process.env.PARLANCE_BENCH_TURNS || 8);
const RECORD_TURNS = 1_000;
/** The first turn loads models and connects. */
const WARM_UP = 1;
const SLOW_FRAME_MS = 50;
const LIMITS = {
  scriptBytes: 200_000,
  usableMs: 1_500,
  scores: { performance: 0.9, accessibility: 0.95, 'best-practices': 0.95 },
  addedMs: 60,
  /** Of frames that take longer than `SLOW_FRAME_MS`. */
  slowFrames: 0.01,
};
/** The recording to its last loud sound, and then no sound at all, so that its end is known to a sample. */
const ENDING = [
  '-af areverse,silenceremove=start_periods=1:start_threshold=-26dB:detection=peak,areverse,apad=pad_dur=4',
  '-ar 48000 -ac 1 -f wav',
].join(' ');

const context = benchContext(1);
const { say } = context;
const rig = await StudioRig.start(fileAs(speechFile(READ_SPEECH.letter), ENDING));
try {
  const parts = { loads: firstLoads, turns: spokenTurns, record: longRecord };
  /** All of them by default. */
  const wanted = process.env.PARLANCE_BENCH_PARTS?.split(',') ?? Object.keys(parts);
  const rows: RatioRow[] = [];
  for (const [name, measure] of Object.entries(parts))
    if (wanted.includes(name)) rows.push(...(await measure()));
  await report(context.root, rows);
} finally {
  await rig.stop();
}

async function firstLoads(): Promise<RatioRow[]> {
  const { url } = rig.platform.gateway;
  const browser = await MeasuredBrowser.open();
  try {
    const welcome = await browser.load(url);
    const page = await browser.page();
    await page.goto(url);
    await signUpOn(page, 'measured@example.com');
    await page.getByRole('button', { name: 'Start talking' }).waitFor();
    await page.close();
    const entered = await browser.load(url);
    const again = await browser.load(url, true);
    return Object.entries({ welcome, entered, again }).flatMap(([name, load]) => {
      const { scores, usableMs, firstContentMs, blockedMs, scriptBytes, short } = load;
      say(
        `${name}: ${scriptBytes} bytes of JavaScript, first content after ${firstContentMs.toFixed(0)} ms, usable after ${usableMs.toFixed(0)} ms, blocked for ${blockedMs.toFixed(0)} ms`,
      );
      for (const [category, score] of Object.entries(scores)) say(`${name}: ${category} ${100 * score}`);
      for (const audit of short) say(`${name}: short in: ${audit}`);
      return [
        limitRow(`studio-${name}-javascript`, scriptBytes, LIMITS.scriptBytes),
        limitRow(`studio-${name}-usable`, usableMs, LIMITS.usableMs),
        ...Object.entries(LIMITS.scores).map(([category, least]) =>
          shareRow(`studio-${name}-${category}`, scores[category as keyof typeof scores], least),
        ),
      ];
    });
  } finally {
    await browser.close();
  }
}

async function spokenTurns(): Promise<RatioRow[]> {
  const { page, context: visit } = await rig.browser.visitor();
  await tapTurns(page, context.root);
  await page.reload();
  await signUpOn(page, 'speaking@example.com');
  const turns = (await playTurns(page, TURNS + WARM_UP)).slice(WARM_UP);
  await visit.close();
  const added = turns.map(({ beforeMs, behindMs }) => beforeMs + behindMs);
  const figures = {
    'end of speech to its last sample at the socket': turns.map(({ beforeMs }) => beforeMs),
    'from there to the first sound of the reply at the socket (the API)': turns.map(({ apiMs }) => apiMs),
    'from there to its being played': turns.map(({ behindMs }) => behindMs),
    'added by the page': added,
    'the device of the loudspeaker, not counted': turns.map(({ deviceMs }) => deviceMs),
  };
  for (const [name, values] of Object.entries(figures))
    say(
      `${turns.length} turns, ${name}: median ${medianOf(values).toFixed(0)} ms, p95 ${p95Of(values).toFixed(0)} ms`,
    );
  return [limitRow('studio-added', medianOf(added), LIMITS.addedMs)];
}

async function longRecord(): Promise<RatioRow[]> {
  const person = new Person(rig.platform.gateway, 'record@example.com');
  const { account } = (await person.signUp()).body as unknown as {
    readonly account: { readonly id: string };
  };
  await fillRecord(rig.platform.documents, account.id, RECORD_TURNS);
  const { page, context: visit } = await rig.browser.visitor({ viewport: { width: 390, height: 844 } });
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  const gaps = await scrollRecord(page, RECORD_TURNS);
  await visit.close();
  const slow = gaps.filter((gap) => gap > SLOW_FRAME_MS).length / gaps.length;
  say(
    `${RECORD_TURNS} turns of history: ${gaps.length} frames, median ${medianOf(gaps).toFixed(1)} ms, p95 ${p95Of(gaps).toFixed(1)} ms, longest ${Math.max(...gaps).toFixed(0)} ms; above ${SLOW_FRAME_MS} ms: ${(100 * slow).toFixed(2)} %`,
  );
  return [limitRow('studio-slow-frames', slow, LIMITS.slowFrames)];
}
