/** Ratings of recordings against the published program: speechmos 0.0.1.1 on the same samples. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DNSMOS_SAMPLES, dnsmosRatings, dnsmosSegments } from '@parlance/analytics';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime } from '@parlance/onnx';
import { MODEL_FOLDERS, SPINNING } from '../support/models.js';
import { joined } from '../support/sounds.js';
import { speechFile } from '../support/speech-samples.js';
import { samplesOfFile } from '../support/trained-scorer.js';

const name = 'the ratings of a recording';
const location = MODEL_FOLDERS.map((root) => join(root, 'dnsmos', 'sig_bak_ovr.onnx')).find(existsSync);

jest.setTimeout(60_000);

function suite(): void {
  let runtime: InferenceRuntime;
  beforeAll(async () => {
    runtime = new InferenceRuntime({ ...DEFAULT_RUNTIME_OPTIONS, spinning: SPINNING });
    await runtime.load({ name: 'dnsmos', kind: 'onnx', location: location!, precision: 'f32' });
  });
  afterAll(() => runtime.stop());

  it.each([
    [['en-02'], [3.5274, 4.0911, 3.2641]],
    [['LJ001-0011'], [3.644, 4.0895, 3.359]],
    [
      ['LJ001-0038', 'LJ001-0011'],
      [3.6874, 3.9786, 3.346],
    ],
  ])('%s', async (ids, [signal, background, overall]) => {
    const data = dnsmosSegments(
      joined(...(await Promise.all(ids.map((id) => samplesOfFile(speechFile(id)))))),
    );
    const dims = [data.length / DNSMOS_SAMPLES, DNSMOS_SAMPLES];
    const [outputs] = Object.values(
      await runtime.infer('dnsmos', { input_1: { type: 'float32', dims, data } }),
    );
    const found = dnsmosRatings(outputs!.data as Float32Array);
    expect(found.signal).toBeCloseTo(signal!, 2);
    expect(found.background).toBeCloseTo(background!, 2);
    expect(found.overall).toBeCloseTo(overall!, 2);
  });
}

if (location) describe(name, suite);
else describe.skip(`${name} (needs dnsmos: parlance models download dnsmos)`, suite);
