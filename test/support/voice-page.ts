import type { VoiceServerEvent, VoiceServerEventName } from '@parlance/contracts';
import { BrowserPage } from './browser.js';
import { until } from './until.js';
import type { Acknowledgement } from './voice-client.js';

const FOLDER = 'test/support/voice-page';
const FILES = {
  '/': `${FOLDER}/index.html`,
  '/voice-page.js': `${FOLDER}/voice-page.js`,
  '/microphone.js': `${FOLDER}/microphone.js`,
  '/playback.js': `${FOLDER}/playback.js`,
  '/tap.js': `${FOLDER}/tap.js`,
  '/socket.io-client.js': 'node_modules/socket.io-client/dist/socket.io.esm.min.js',
};

/** A sentence of a reply that the page has played. */
export interface PlayedSentence {
  readonly messageId: string;
  readonly index: number;
  /** As the platform says. */
  readonly durationMs: number;
  /** Of the decoded audio. */
  readonly seconds: number;
  /** Whether it was played to its end. */
  readonly isWhole: boolean;
}

interface PageView {
  readonly events: readonly { readonly name: VoiceServerEventName; readonly event: unknown }[];
  readonly acknowledgements: readonly (readonly [string, Acknowledgement])[];
  readonly played: readonly PlayedSentence[];
  readonly level: number;
}

/** The test page of the namespace /voice (test/support/voice-page) in a Chromium whose microphone plays a recording. */
export class VoicePage {
  private constructor(private readonly page: BrowserPage) {}

  /** @param program  Chromium's name @param microphone  a WAV file */
  static async open(program: string, microphone: string): Promise<VoicePage> {
    return new VoicePage(await BrowserPage.open(program, FILES, microphone));
  }

  /** Exceptions that nothing on the page caught. */
  get faults(): readonly unknown[] {
    return this.page.faults;
  }

  /** Joins a new session. @returns its id */
  join(url: string, token: string, settings: object): Promise<string> {
    return this.call('join', url, token, settings);
  }

  /** Sends what the microphone records: chunks of MediaRecorder, or raw samples of an AudioWorklet. */
  startRecording(format: 'webm' | 'pcm'): Promise<Acknowledgement> {
    return this.call('startRecording', format);
  }

  /** @returns the acknowledgements of the end and of each chunk */
  stopRecording(): Promise<{ readonly stopped: Acknowledgement; readonly chunks: Acknowledgement[] }> {
    return this.call('stopRecording');
  }

  end(): Promise<Acknowledgement> {
    return this.call('end');
  }

  /** What the page has received and done until now. */
  async view(): Promise<PageView> {
    return JSON.parse(await this.page.run<string>('JSON.stringify(voicePage.view)')) as PageView;
  }

  async of<Name extends VoiceServerEventName>(name: Name): Promise<VoiceServerEvent<Name>[]> {
    const { events } = await this.view();
    return events.filter((one) => one.name === name).map(({ event }) => event as VoiceServerEvent<Name>);
  }

  /** The first event of a name that fits, once it has come. */
  next<Name extends VoiceServerEventName>(
    name: Name,
    fits: (event: VoiceServerEvent<Name>) => boolean = () => true,
  ): Promise<VoiceServerEvent<Name>> {
    return until(async () => (await this.of(name)).find(fits), 60_000);
  }

  close(): Promise<void> {
    return this.page.close();
  }

  private call<Answer>(name: string, ...args: unknown[]): Promise<Answer> {
    return this.page.run<Answer>(`voicePage.${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
  }
}
