/** What a learner sees of how it went, on the page of apps/studio in a real Chromium, against the whole platform. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { chromiumProgram } from '../support/browser.js';
import { READ_SPEECH, wordsOf } from '../support/speech-samples.js';
import { pictureTaker, seriousFindings, signUpOn } from '../support/studio-browser.js';
import { StudioRig } from '../support/studio-rig.js';
import { until } from '../support/until.js';

const LIMIT_MS = 30_000;
/** What the examinee waits with before speaking, and how long that takes. */
const EXAM_DELAY_MS = 16_500;
const SPOKEN_MS = 11_000;

jest.setTimeout(180_000);
const withChromium = chromiumProgram() ? describe : describe.skip;

withChromium('the page of a learner (needs chromium-headless-shell)', () => {
  let rig: StudioRig;
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    rig = await StudioRig.start(READ_SPEECH.letter);
  }, 240_000);
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(rig.browser.faults).toEqual([]);
  });
  afterAll(() => rig?.stop());

  let visits = 0;
  async function learner(options: Parameters<StudioRig['browser']['visitor']>[0] = {}): Promise<Page> {
    const visitor = await rig.browser.visitor(options);
    ({ context } = visitor);
    visitor.page.setDefaultTimeout(LIMIT_MS);
    visits += 1;
    await signUpOn(visitor.page, `learner-${visits}@example.com`);
    await visitor.page.getByRole('button', { name: 'Start talking' }).waitFor();
    return visitor.page;
  }
  const turns = (page: Page) =>
    page
      .getByRole('log')
      .getByRole('listitem')
      .filter({ has: page.locator('.said') });

  it('scores a spoken turn: words by more than their colour, the sounds of one, intervals, why a score is missing', async () => {
    const page = await learner();
    await page.getByRole('button', { name: 'Start talking' }).click();
    const how = turns(page).first().getByRole('region', { name: 'How you said it' });
    await how.waitFor();
    // The band of a word is read aloud, and is a line below it.
    const word = how.getByRole('button', { name: /^importance/ });
    expect(await word.innerText()).toMatch(/importance\s+\((good|fair|to practise), \d+\)/);
    await word.press('Enter');
    const sounds = how.getByRole('status');
    await sounds.getByText('The sounds of “importance”:').waitFor();
    // As the CMU Pronouncing Dictionary has it: IH2 M P AO1 R T AH0 N S.
    expect(await sounds.locator('.word').allInnerTexts()).toEqual('IH M P AO R T AH N S'.split(' '));
    // Several stand in a row.
    const tops = await sounds
      .getByRole('listitem')
      .evaluateAll((ones: { readonly offsetTop: number }[]) => ones.map(({ offsetTop }) => offsetTop));
    expect(new Set(tops).size).toBeLessThan(tops.length);
    expect(await how.locator('.scores').innerText()).toMatch(/Pronunciation\s+\d+ \(between \d+ and \d+\)/);
    expect(await how.innerText()).toContain(
      'Not scored: Completeness. There was no text to compare it with.',
    );
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('lets a learner hear a correction and say it, and scores that against the text', async () => {
    const page = await learner({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await page.getByLabel('Or type').fill('Yesterday I goes to the market.');
    await page.getByRole('button', { name: 'Send' }).click();
    await turns(page).first().getByText('Corrections (1)').click();
    const spoken = page.waitForResponse((answer) => answer.url().endsWith('/v1/audio/speech'));
    await page.getByRole('button', { name: 'Listen to it' }).click();
    expect((await spoken).status()).toBe(200);
    await page.getByRole('button', { name: 'Say it yourself' }).click();
    await page.getByText('Say this:').waitFor();
    // The microphone plays another sentence, which the page says.
    const how = turns(page).nth(1).getByRole('region', { name: 'How you said it' });
    await how.getByText('Something else than the text was said.', { exact: false }).waitFor();
    expect(await page.getByText('Say this:').count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('lets a learner leave the text that was to be said, and is not scored against it', async () => {
    const page = await learner();
    await page.getByLabel('Or type').fill('Yesterday I goes to the market.');
    await page.getByRole('button', { name: 'Send' }).click();
    await turns(page).first().getByText('Corrections (1)').click();
    await page.getByRole('button', { name: 'Say it yourself' }).click();
    await page.getByRole('button', { name: 'Something else instead' }).click();
    expect(await page.getByText('Say this:').count()).toBe(0);
    // What was said until then is a turn of its own.
    await page.getByText('There was no text to compare it with.', { exact: false }).first().waitFor();
  });

  it('scores no speech of who does not want it, and remembers that', async () => {
    const page = await learner();
    await page.getByLabel('Score how I speak').uncheck();
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page
      .getByText('Your turn.')
      .or(page.getByText('Listening.', { exact: false }))
      .first()
      .waitFor();
    await turns(page).first().locator('.scores').waitFor();
    await page.getByRole('button', { name: 'End the conversation' }).click();
    await page.getByText(/The conversation has ended. Turns: 1,/).waitFor();
    expect(await page.getByRole('region', { name: 'How you said it' }).count()).toBe(0);
    await page.reload();
    expect(await page.getByLabel('Score how I speak').isChecked()).toBe(false);
  });

  it('sums a conversation up: scores by turn, the strongest and the weakest, what to mend, what next', async () => {
    const page = await learner({ viewport: { width: 390, height: 844 } });
    await page.getByLabel('Or type').fill('Yesterday I goes to the market.');
    await page.getByRole('button', { name: 'Send' }).click();
    await turns(page).first().locator('details').waitFor();
    await page.getByRole('button', { name: 'Start talking' }).click();
    await turns(page).nth(1).getByRole('region', { name: 'How you said it' }).waitFor();
    await page.getByRole('button', { name: 'End the conversation' }).click();
    await page.getByRole('link', { name: 'How it went' }).click();
    await page.getByText(/^Turns: 2, words: \d+, minutes: 1\.$/).waitFor();
    const scores = page.getByRole('region', { name: 'Scores, turn by turn' });
    // The first turn was typed.
    await scores.getByRole('row', { name: /^Pronunciation – \d+ \d+/ }).waitFor();
    expect(await scores.innerText()).toMatch(
      /Strongest: [^,]+, \d+ on average\. Weakest: [^,]+, \d+ on average\./,
    );
    const faults = page.getByRole('region', { name: 'Mistakes' });
    await faults.getByText('Yesterday I goes to the market.').waitFor();
    expect(await faults.locator('del').first().innerText()).toBe('goes');
    await page.getByText('Say the better version of each of these aloud', { exact: false }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    const address = page.url();
    await page.getByRole('link', { name: 'Record' }).first().click();
    await page.getByRole('link', { name: 'How it went' }).first().click();
    await scores.waitFor();
    await context!.close();
    const stranger = await learner();
    await stranger.goto(address);
    await stranger.getByRole('alert').getByText('There is no such conversation of yours.').waitFor();
  });

  const pictures = pictureTaker();
  (pictures ? it : it.skip)('has the picture of a summary taken', async () => {
    await pictures!(async (look) => {
      const page = await learner(look);
      await page.getByLabel('Or type').fill('Yesterday I goes to the market.');
      await page.getByRole('button', { name: 'Send' }).click();
      await turns(page).first().locator('details').waitFor();
      await page.getByRole('button', { name: 'Start talking' }).click();
      await turns(page).nth(1).getByRole('region', { name: 'How you said it' }).waitFor();
      await page.getByRole('button', { name: 'End the conversation' }).click();
      await page.getByRole('link', { name: 'How it went' }).click();
      await page.getByRole('region', { name: 'Scores, turn by turn' }).waitFor();
      return { page, name: 'summary' };
    });
  });

  it('has a home with the days in a row, a profile, and scenarios of its level that lead to a conversation', async () => {
    const page = await learner({ viewport: { width: 390, height: 844 } });
    const asked = page.waitForRequest((request) => request.url().includes('/api/v1/scenarios'));
    await page.getByRole('link', { name: 'Home' }).click();
    // Scenarios of the language that is spoken, and of no other.
    expect(new URL((await asked).url()).searchParams.get('language')).toBe('en');
    await page.getByText('Days in a row: 0. Nothing practised today yet.').waitFor();
    await page.getByLabel('Level').selectOption('B1');
    await page.getByLabel('Goals').fill('Order food\nFind my way');
    await page.getByRole('button', { name: 'Save' }).click();
    const suggested = page.getByRole('region', { name: 'Something to talk about' });
    // Until the profile is saved they are of every level.
    await until(async () => (await suggested.getByText(/^(A1|A2|B2|C1) ·/).count()) === 0, LIMIT_MS);
    await suggested
      .getByText(/^B1 · You are /)
      .first()
      .waitFor();
    expect(await suggested.getByText(/^(A1|A2|B2|C1) ·/).count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await suggested.getByRole('link').first().click();
    await page.getByText('Scenario: ', { exact: false }).waitFor();
    await page.getByLabel('Or type').fill('Good morning.');
    await page.getByRole('button', { name: 'Send' }).click();
    await turns(page).first().locator('.reply').waitFor();
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByText('Days in a row: 1. Today is done.').waitFor();
    expect(await page.getByLabel('Goals').inputValue()).toBe('Order food\nFind my way');
  });

  it('asks ten questions by keyboard alone, and reports on the answers', async () => {
    const page = await learner();
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByLabel('Topic').focus();
    await page.keyboard.type('food');
    await page.keyboard.press('Enter');
    await page.getByText('Question 1 of 10').waitFor();
    await page.keyboard.type('Yesterday I goes to the market.');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Question 2 of 10').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Finish now' }).press('Enter');
    await page.getByText(/Answered: 1, to the point: [01], mistakes: [1-9]/).waitFor();
    await page.getByText('Said better', { exact: false }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('lets a learner join a contest, and shows the place on its leaderboard', async () => {
    const contest = {
      title: 'A week of words',
      starts_at: new Date(Date.now() - 3_600_000).toISOString(),
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
    };
    await rig.owner.send('POST', '/api/v1/contests', contest);
    const page = await learner();
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByRole('tab', { name: 'Contests' }).click();
    await page.getByRole('button', { name: 'A week of words' }).click();
    await page.getByLabel('Name that all see').fill('Ada');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('row', { name: /^1 Ada \(You\) 0$/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('holds an exam by the clock: time to prepare, the answer, the marks', async () => {
    // The learner speaks once the 15 s to prepare are over.
    const speaker = await rig.withMicrophone(READ_SPEECH.gothic, EXAM_DELAY_MS);
    const { page } = await speaker.visitor();
    page.setDefaultTimeout(LIMIT_MS);
    await signUpOn(page, 'examinee@example.com');
    await page.getByRole('link', { name: 'Practice' }).click();
    await page.getByRole('tab', { name: 'Exams' }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: '15 s to prepare' })
      .first()
      .getByRole('button')
      .click();
    await page.getByText('Prepare. Nothing is recorded yet.').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByText('Speak now.').waitFor();
    await page.waitForTimeout(SPOKEN_MS);
    await page.getByRole('button', { name: 'I have finished' }).click();
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText(/^\d+ of 100$/).waitFor();
    expect(wordsOf(await result.locator('.said').innerText())).toContain('gothic');
    expect(await seriousFindings(page)).toEqual([]);
    await speaker.close();
    expect(speaker.faults).toEqual([]);
  });
});
