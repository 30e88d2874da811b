import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import type { AudioMetadata } from '@parlance/contracts';
import { AsyncApiChannel } from './asyncapi.js';
import { Platform, type Gateway, type PlatformOptions } from './platform.js';
import { READ_SPEECH, speechPcm } from './speech-samples.js';
import { VoiceClient } from './voice-client.js';

/** What raw samples are announced by. */
export const RAW: AudioMetadata = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };
/** A session whose replies are not spoken. */
export const QUIET = { settings: { ttsEnabled: false, language: 'en' } };
/** A read letter and the pause that ends it. */
export const SPEECH = Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(40_000)]);

/** Messages by which clients leave a session and end it, as the AsyncAPI document has them. */
export const OF_LEAVING: readonly string[] = [
  'client.voice:leave',
  'client.voice:end',
  'server.voice:left',
  'server.voice:ended',
];

/** The platform with replicas of the gateway, and the clients of one suite. */
export class VoiceRig {
  platform!: Platform;
  channel!: AsyncApiChannel;
  readonly clients: VoiceClient[] = [];

  get one(): Gateway {
    return this.platform.gateways[0]!;
  }

  get other(): Gateway {
    return this.platform.gateways[1]!;
  }

  /** A client of a user that has joined a session. */
  async joined(
    gateway = this.one,
    event: Readonly<Record<string, unknown>> = QUIET,
    user = 'ada',
  ): Promise<VoiceClient> {
    const client = this.keep(await VoiceClient.connectAs(user, gateway.url));
    await client.join(event);
    return client;
  }

  /** Closes the client with the test. */
  keep(client: VoiceClient): VoiceClient {
    this.clients.push(client);
    return client;
  }
}

/** Starts the platform for a suite, and ends it. Every event that its clients get must fit its schema and the AsyncAPI document, and no replica may have had a
 *  fault that nothing caught. */
export function voiceRig(options: PlatformOptions): VoiceRig {
  // Machines that test are often busy.
  jest.setTimeout(120_000);
  const rig = new VoiceRig();
  let started: readonly Gateway[] = [];
  beforeAll(async () => {
    rig.platform = await Platform.start({ gateway: { PARLANCE_TENANT_CONCURRENCY: '16' }, ...options });
    started = [...rig.platform.gateways];
    rig.channel = await AsyncApiChannel.load(rig.one.url, 'voice');
  }, 120_000);
  afterEach(async () => {
    const misfits = rig.clients.flatMap((client) => client.misfits);
    for (const client of rig.clients.splice(0)) {
      client.close();
      for (const { name, event } of client.events) rig.channel.received(name, event);
      for (const { name, event } of client.sent) rig.channel.sent(name, event);
      for (const answer of client.acknowledgements) rig.channel.received('acknowledgement', answer);
    }
    expect([...misfits, ...rig.channel.misfits.splice(0)]).toEqual([]);
    for (const { process } of started) expect(process.hasEnded).toBe(false);
    for (const gateway of started) expect(await gateway.metric('parlance_process_faults_total')).toBe(0);
  });
  afterAll(() => rig.platform?.stop());
  return rig;
}
