import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessClient } from './access-rig.js';
import { ACCOUNTS_ENVIRONMENT } from './account-rig.js';
import { API_KEY, Platform } from './platform.js';
import { speechAs } from './speech-samples.js';
import { StudioBrowser } from './studio-browser.js';

/** The whole platform with accounts that anybody may make, and a Chromium whose microphone plays a recording. */
export class StudioRig {
  private constructor(
    readonly platform: Platform,
    readonly browser: StudioBrowser,
    /** The owner of the organisation that people sign up with. */
    readonly owner: AccessClient,
    /** A WAV file: what the microphone plays, with silence behind it. */
    readonly microphone: string,
    private readonly folder: string,
  ) {}

  /** @param recording  of the samples, as `READ_SPEECH.letter`; or a WAV file's bytes */
  static async start(recording: string | Buffer): Promise<StudioRig> {
    const folder = await mkdtemp(join(tmpdir(), 'parlance-studio-'));
    const microphone = join(folder, 'microphone.wav');
    const padded = '-af apad=pad_dur=3 -ar 48000 -ac 1 -f wav';
    await writeFile(microphone, typeof recording === 'string' ? speechAs(recording, padded) : recording);
    const platform = await Platform.start({
      gateway: {
        ...ACCOUNTS_ENVIRONMENT,
        PARLANCE_SIGNING_SECRET: 'a secret that encrypts the keys of tests',
        PARLANCE_STUDIO_ORGANISATION: 'acme',
        PARLANCE_SIGN_UPS_BY_ADDRESS: '100',
      },
    });
    const owner = new AccessClient(platform.gateway, API_KEY);
    await owner.send('PATCH', '/api/v1/organisations/acme', { version: 1, signUp: true });
    const browser = await StudioBrowser.open(platform.gateway.url, microphone);
    return new StudioRig(platform, browser, owner, microphone, folder);
  }

  /** Another Chromium, whose microphone plays a recording after a delay. */
  async withMicrophone(recording: string, delayMs: number): Promise<StudioBrowser> {
    const file = join(this.folder, `${delayMs}.wav`);
    const filter = `-af adelay=${delayMs}:all=1,apad=pad_dur=3 -ar 48000 -ac 1 -f wav`;
    await writeFile(file, speechAs(recording, filter));
    return StudioBrowser.open(this.platform.gateway.url, file);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.platform.stop();
    await rm(this.folder, { recursive: true });
  }
}
