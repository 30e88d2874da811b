/** Pictures of assessments and of progress, through real processes and synthetic models of scores: drawn by the gateway, read by librsvg. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import type { AssessmentJson } from '@parlance/contracts';
import { GatewayClient } from '../support/gateway-client.js';
import { API_KEY, Platform } from '../support/platform.js';
import { runParlance } from '../support/run-parlance.js';
import { ScoringModelFolder } from '../support/scoring-models.js';
import { READ_SPEECH, speechAs, speechFile, speechPcm } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { VoiceClient, type ReceivedEvent } from '../support/voice-client.js';

const PATH = '/api/v1/assessments';
const STATION = 'Could you tell me where the nearest station is?';
const LETTER = 'It is of the first importance that the letter used should be fine in form.';
const RAW = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };

interface Pictured extends AssessmentJson {
  readonly pictures?: readonly {
    readonly name: string;
    readonly contentType: string;
    readonly base64: string;
  }[];
}

jest.setTimeout(120_000);

let models: ScoringModelFolder;
let platform: Platform;
let client: GatewayClient;

beforeAll(async () => {
  models = await ScoringModelFolder.make();
  platform = await Platform.start({
    services: ['inference', 'conversation'],
    inference: { PARLANCE_SCORES: models.path },
  });
  client = new GatewayClient(() => platform.gateway);
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  await models?.remove();
});

const wav = (filter = 'anull') =>
  Buffer.from(speechAs('en-02', `-af ${filter} -ar 16000 -ac 1 -f wav`)) as Buffer<ArrayBuffer>;

async function assess(fields: Readonly<Record<string, string>>, file = wav()): Promise<Pictured> {
  const { status, text } = await client.upload(PATH, Object.entries(fields), file);
  expect([status, text.slice(0, 300)]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as Pictured;
}

const get = (path: string, user: string) =>
  platform.gateway.fetch(path, { headers: { 'x-parlance-user': user } });

async function formatAt(path: string, user: string): Promise<string | undefined> {
  const answer = await get(path, user);
  expect([path, answer.status]).toEqual([path, 200]);
  return (await sharp(Buffer.from(await answer.arrayBuffer())).metadata()).format;
}

describe('pictures of an assessment', () => {
  it('come with it as SVG where they are asked for, whatever the text has in it', async () => {
    const { pictures } = await assess({ text: `${STATION} <script>&"`, pictures: 'svg' });
    expect(pictures!.map(({ name }) => name)).toEqual(['rubric', 'phones', 'waveform', 'pitch']);
    for (const { contentType, base64 } of pictures!) {
      const svg = Buffer.from(base64, 'base64');
      expect([contentType, (await sharp(svg).metadata()).format]).toEqual(['image/svg+xml', 'svg']);
      expect(svg.toString()).not.toContain('<script');
    }
    expect((await assess({ text: STATION })).pictures).toBeUndefined();
  });

  it('of silence are those alone that have something to show', async () => {
    const { pictures } = await assess({ pictures: 'png' }, wav('volume=0'));
    expect(pictures!.map(({ name }) => name)).toEqual(['waveform']);
  });

  it('are of two formats', async () => {
    const { status, text } = await client.upload(PATH, [['pictures', 'gif']], wav());
    expect([status, text]).toEqual([400, expect.stringContaining('pictures')]);
  });

  it('are written beside the report by parlance assess --report', async () => {
    const folder = join(models.path, 'report');
    const { status } = await runParlance(
      ['assess', speechFile('en-02'), '--text', STATION, '--report', folder],
      { PARLANCE_URL: platform.gateway.url, PARLANCE_API_KEY: API_KEY },
    );
    expect(status).toBe(0);
    expect((await readdir(folder)).sort()).toEqual([
      ...['assessment.json', 'phones.png', 'pitch.png', 'report.txt', 'rubric.png', 'waveform.png'],
    ]);
    expect((await sharp(join(folder, 'waveform.png')).metadata()).format).toBe('png');
    expect(await readFile(join(folder, 'report.txt'), 'utf8')).toMatch(/^Text: Could you/);
  });
});

describe('a turn that was assessed', () => {
  const assessedOf = ({ events }: VoiceClient) =>
    events.filter((one): one is ReceivedEvent<'voice:assessed'> => one.name === 'voice:assessed');
  let turn: string;

  beforeAll(async () => {
    const voice = await VoiceClient.connectAs('ada', platform.gateway.url);
    const settings = { ttsEnabled: false, language: 'en', assess: true, expectedText: LETTER };
    await voice.join({ settings });
    await voice.ask('voice:start-recording', { metadata: RAW });
    await voice.speak(speechPcm(READ_SPEECH.letter), 0, 4);
    await voice.ask('voice:stop-recording');
    turn = (await until(() => assessedOf(voice)[0], 60_000)).event.messageId;
    voice.close();
  });

  it('has its pictures, the waveform from its recording', async () => {
    const at = (file: string) => formatAt(`/api/v1/turns/${turn}/pictures/${file}`, 'ada');
    expect(await at('rubric.svg')).toBe('svg');
    expect(await at('pitch.png')).toBe('png');
    expect(await at('waveform.svg')).toBe('svg');
  });

  it('has no other pictures, and none for other users', async () => {
    const codeAt = async (file: string, user: string) => {
      const answer = await get(`/api/v1/turns/${turn}/pictures/${file}`, user);
      return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
    };
    expect(await codeAt('trend.svg', 'ada')).toEqual([404, 'picture.not_found']);
    expect(await codeAt('rubric.gif', 'ada')).toEqual([404, 'picture.not_found']);
    expect(await codeAt('rubric.svg', 'bob')).toEqual([404, 'turn.not_found']);
  });

  it("counts for its learner's progress, which is drawn by week", async () => {
    const progress = await (await get('/api/v1/voice/progress?weeks=4', 'ada')).json();
    expect(progress).toMatchObject({
      user: 'ada',
      turns: 1,
      scores: { accuracy: { n: 1, slopePerWeek: null } },
    });
    const { phones } = progress as { readonly phones: readonly { readonly phone: string }[] };
    expect(phones.map(({ phone }) => phone)).toEqual(expect.arrayContaining(['DH', 'F', 'L']));
    expect(await formatAt('/api/v1/voice/progress/trend.png', 'ada')).toBe('png');
    expect((await get('/api/v1/voice/progress/trend.svg', 'bob')).status).toBe(404);
    expect(await (await get('/api/v1/voice/progress', 'bob')).json()).toMatchObject({ turns: 0, weeks: [] });
    expect((await get('/api/v1/voice/progress?weeks=0', 'ada')).status).toBe(400);
  });
});
