/** Relevance of answers, against the same model run by Python's onnxruntime and tokenizers, as is its own pooling. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime } from '@parlance/onnx';
import { SCORING_MODELS, SENTENCE_MODEL, SENTENCE_MODEL_KIND, SentenceSimilarity } from '@parlance/scoring';
import { MODEL_FOLDERS, SPINNING } from '../support/models.js';

const BREAKFAST = 'What do you usually eat for breakfast?';
const HOLIDAY = 'Where did you go on holiday last year?';
const EATEN = 'I usually eat bread with cheese and drink a cup of coffee.';
const LONG = 'Breakfast is eggs. '.repeat(200);

const location = MODEL_FOLDERS.map((root) => join(root, SENTENCE_MODEL, 'model.onnx')).find(existsSync);
const name = 'the relevance of an answer';

jest.setTimeout(60_000);

function suite(): void {
  let runtime: InferenceRuntime;
  beforeAll(async () => {
    runtime = new InferenceRuntime({
      ...DEFAULT_RUNTIME_OPTIONS,
      spinning: SPINNING,
      models: SCORING_MODELS,
    });
    const source = { name: SENTENCE_MODEL, kind: SENTENCE_MODEL_KIND, location: location! };
    await runtime.load({ ...source, precision: 'f32' });
  });
  afterAll(() => runtime.stop());

  it.each([
    [BREAKFAST, EATEN, 0.5996],
    [BREAKFAST, 'My brother plays football on Sunday afternoon.', 0.2381],
    [HOLIDAY, 'We went to the seaside in Spain with my family.', 0.5053],
    [HOLIDAY, EATEN, 0.1527],
    [BREAKFAST, LONG, 0.4101],
  ])('%s — %s', async (question, answer, cosine) => {
    const sentences = new SentenceSimilarity(runtime);
    const found = await sentences.similarity([question, answer], { priority: 'bulk' });
    // Products in 8 bits differ a little from one processor to another.
    expect(Math.abs(found - cosine)).toBeLessThan(0.02);
  });
}

if (location) describe(name, suite);
else describe.skip(`${name} (needs ${SENTENCE_MODEL}: parlance models download ${SENTENCE_MODEL})`, suite);
