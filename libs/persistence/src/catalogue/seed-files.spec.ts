import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LEVELS } from '@parlance/contracts';
import { readSeedFiles } from './seed-files.js';

const INSTALLED = fileURLToPath(new URL('../../seeds', import.meta.url));

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

type Content = { revision: unknown; entries: Record<string, unknown>[] };

/** The installed files, of which one is changed. */
async function changed(file: string, change: (content: Content) => unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seeds-'));
  folders.push(folder);
  await cp(INSTALLED, folder, { recursive: true });
  const content = JSON.parse(await readFile(join(folder, file), 'utf8')) as Content;
  const result = change(content) ?? content;
  await writeFile(join(folder, file), typeof result === 'string' ? result : JSON.stringify(result));
  return folder;
}

describe('the seeds of the catalogue', () => {
  it('have the eight modes with their weights, on a scale from 0 to 5', async () => {
    const { teaching_mode: modes } = await readSeedFiles();
    const weights = modes.seeds.map(({ value: { code, rubric } }) => {
      expect(rubric.scale).toEqual({ min: 0, max: 5 });
      const { fluency, vocabulary, grammar, pronunciation } = rubric.weights;
      return [code, fluency, vocabulary, grammar, pronunciation];
    });
    expect(weights).toEqual([
      ['conversation', 0.3, 0.25, 0.25, 0.2],
      ['grammar', 0.15, 0.2, 0.45, 0.2],
      ['pronunciation', 0.2, 0.15, 0.2, 0.45],
      ['vocabulary', 0.2, 0.45, 0.2, 0.15],
      ['test_prep', 0.25, 0.25, 0.3, 0.2],
      ['concept_learning', 0.2, 0.3, 0.3, 0.2],
      ['reading', 0.15, 0.4, 0.25, 0.2],
      ['assessment', 0.25, 0.25, 0.25, 0.25],
    ]);
  });

  it('have more than forty languages, each in its own name', async () => {
    const { language: languages } = await readSeedFiles();
    expect(languages.seeds.length).toBeGreaterThan(40);
    expect(languages.seeds.find(({ value }) => value.code === 'de')?.value).toEqual({
      code: 'de',
      label: 'German',
      native_name: 'Deutsch',
      levels: [...LEVELS],
    });
  });

  it('have scenarios for every mode and most levels, whose questions are told apart', async () => {
    const { scenario: scenarios, teaching_mode: modes } = await readSeedFiles();
    const values = scenarios.seeds.map(({ value }) => value);
    expect(values.length).toBeGreaterThanOrEqual(24);
    expect(new Set(values.map(({ mode }) => mode)).size).toBe(modes.seeds.length);
    expect(new Set(values.map(({ level }) => level)).size).toBeGreaterThanOrEqual(5);
    for (const { goals, key_phrases: phrases } of values) {
      const questions = goals.flatMap((goal) => goal.questions);
      expect(new Set(questions).size).toBe(questions.length);
      expect(phrases.length).toBeGreaterThan(2);
    }
    const codes = values.map(({ code }) => code);
    for (const code of ['restaurant', 'job-interview', 'weekend-stories', 'difficult-sounds'])
      expect(codes).toContain(code);
    for (const code of ['academic-words', 'airport-check-in']) expect(codes).toContain(code);
  });

  it.each([
    ['teaching-modes.json', () => '{ "revision": 1, ', /^teaching-modes\.json: is no JSON/],
    [
      'teaching-modes.json',
      ({ entries }: Content) =>
        void Object.assign(entries[1]!, {
          rubric: { weights: { fluency: 0.3, vocabulary: 0.3, grammar: 0.3, pronunciation: 0.3 } },
        }),
      /^teaching-modes\.json: grammar: rubric\.weights: .*must add up to 1/,
    ],
    [
      'scenarios.json',
      ({ entries }: Content) => void Object.assign(entries[0]!, { level: 'Z9' }),
      /^scenarios\.json: first-meeting: level/,
    ],
    [
      'scenarios.json',
      ({ entries }: Content) => void Object.assign(entries[0]!, { mode: 'dancing' }),
      /^scenarios\.json: first-meeting: mode: there is no dancing/,
    ],
    [
      'scenarios.json',
      ({ entries }: Content) => void Object.assign(entries[0]!, { languages: ['qq'] }),
      /^scenarios\.json: first-meeting: languages: there is no qq/,
    ],
    [
      'languages.json',
      ({ entries }: Content) => void entries.push(entries[0]!),
      /^languages\.json: en: stands twice/,
    ],
    [
      'languages.json',
      ({ entries }: Content) => void Object.assign(entries[0]!, { shoe_size: 44 }),
      /^languages\.json: en: .*shoe_size/,
    ],
    ['languages.json', () => ({ revision: 0, entries: [] }), /^languages\.json: revision/],
  ])('in %s that are at fault are refused by name', async (file, change, message) => {
    const folder = await changed(file, change);
    await expect(readSeedFiles(folder)).rejects.toMatchObject({
      code: 'catalogue.invalid_seed',
      message: expect.stringMatching(message),
    });
  });
});
