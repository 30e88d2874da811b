/** Utterances of live sessions that ask for it are assessed behind their finals, through real processes and synthetic models of scores. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AssessmentJson } from '@parlance/contracts';
import { Platform } from '../support/platform.js';
import { ScoringModelFolder } from '../support/scoring-models.js';
import { READ_SPEECH, speechPcm } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { VoiceClient, type ReceivedEvent } from '../support/voice-client.js';

const LETTER = 'It is of the first importance that the letter used should be fine in form.';
const RAW = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };

jest.setTimeout(120_000);

let models: ScoringModelFolder;
let platform: Platform;

beforeAll(async () => {
  models = await ScoringModelFolder.make();
  platform = await Platform.start({
    services: ['inference', 'conversation'],
    inference: { PARLANCE_SCORES: models.path },
  });
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  await models?.remove();
});

async function spoken(settings: object): Promise<VoiceClient> {
  const client = await VoiceClient.connectAs('ada', platform.gateway.url);
  await client.join({ settings: { ttsEnabled: false, language: 'en', ...settings } });
  await client.ask('voice:start-recording', { metadata: RAW });
  await client.speak(speechPcm(READ_SPEECH.letter), 0, 4);
  await client.ask('voice:stop-recording');
  return client;
}

const assessedOf = ({ events }: VoiceClient) =>
  events.filter((one): one is ReceivedEvent<'voice:assessed'> => one.name === 'voice:assessed');

describe('a session whose setting is assess', () => {
  it('has its utterance assessed against the expected text, told by voice:assessed and kept with the turn', async () => {
    const client = await spoken({ assess: true, expectedText: LETTER });
    const { event } = await until(() => assessedOf(client)[0], 60_000);
    expect(event.assessment).toMatchObject({ mode: 'scripted', text: LETTER });
    expect(event.assessment.utterance.total).not.toBeNull();
    const answer = await platform.gateway.fetch(`/api/v1/turns/${event.messageId}`, {
      headers: { 'x-parlance-user': 'ada' },
    });
    const { assessment } = (await answer.json()) as { assessment: AssessmentJson };
    expect(assessment).toEqual(event.assessment);
    expect(client.misfits).toEqual([]);
    client.close();
  });

  it('is not that of others', async () => {
    const client = await spoken({});
    await until(() => client.parts('reply')[0], 60_000);
    expect(assessedOf(client)).toEqual([]);
    client.close();
  });
});
