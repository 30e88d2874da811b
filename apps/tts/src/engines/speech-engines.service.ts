import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { counter, LOGGER, type Logger } from '@parlance/telemetry';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { VoiceTable, type ChosenVoice, type ListedVoice } from '../voices/voice-table.js';
import { EspeakSynthesizer } from './espeak.synthesizer.js';
import { KokoroSynthesizer } from './kokoro/kokoro.synthesizer.js';
import type { NeuralOptions } from './neural-voice.js';
import { PiperSynthesizer } from './piper/piper.synthesizer.js';
import type { SpeechSynthesizer } from './speech-synthesizer.js';

const INIT_AGAIN_MS = 30_000;
/** Runs of one model that may wait. */
const MOST_QUEUED_RUNS = 256;

const lostWorkers = () => counter('parlance_tts_workers_lost_total');

/** The engines this process speaks with, best first. With `auto` that is Polly when AWS credentials are configured, with the
 *  local voices behind it; `polly` stands alone. */
@Injectable()
export class SpeechEnginesService implements OnModuleInit, OnApplicationShutdown {
  private engines: readonly SpeechSynthesizer[] = [];
  private table: VoiceTable | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    @Inject(TTS_CONFIG) private readonly config: TtsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Error when the last engine is not there, or a voice's files cannot be read */
  async onModuleInit(): Promise<void> {
    const { config } = this;
    const polly = usesPolly(config) ? await openPolly(config) : undefined;
    const piper = new PiperSynthesizer(this.neuralOptions());
    const locals = [
      piper,
      new KokoroSynthesizer(this.neuralOptions()),
      new EspeakSynthesizer(config.programs.espeak),
    ];
    this.engines = config.engine === 'polly' ? [polly!] : [...(polly ? [polly] : []), ...locals];
    for (const synthesizer of this.engines) {
      if (synthesizer === polly && this.engines.length > 1) await this.tryInit(synthesizer);
      else await synthesizer.init();
    }
    const { voice, synthesizer } = this.voiceTable().standard;
    if (synthesizer === polly) return;
    if (voice.name.toLowerCase() !== config.localVoices.defaultVoice.toLowerCase())
      this.logger.warn(
        { voice: voice.name, engine: synthesizer.engine, wanted: config.localVoices.defaultVoice },
        'the default voice is not installed in PARLANCE_MODELS, another one speaks',
      );
    if (synthesizer === piper) await this.warm(piper, voice.name);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.retry);
    await Promise.all(this.engines.map((synthesizer) => synthesizer.stop()));
  }

  voices(): ListedVoice[] {
    return this.voiceTable().list();
  }

  /** The name of the voice an empty name asks for. */
  defaultVoice(): string {
    return this.voiceTable().standard.voice.name;
  }

  /** As VoiceTable.choose. */
  choose(name: string, language: string): ChosenVoice[] {
    return this.voiceTable().choose(name, language);
  }

  /** Made anew when an engine has come to know its voices. */
  private voiceTable(): VoiceTable {
    const { polly, localVoices } = this.config;
    const [first] = this.engines;
    const speaksPolly = first?.engine === 'polly' && first.voices().length > 0;
    this.table ??= new VoiceTable(this.engines, (speaksPolly ? polly : localVoices).defaultVoice);
    return this.table;
  }

  private async tryInit(synthesizer: SpeechSynthesizer): Promise<void> {
    try {
      await synthesizer.init();
      this.table = undefined;
    } catch (error) {
      this.logger.warn({ err: error, engine: synthesizer.engine }, 'an engine is down, the next one speaks');
      this.retry = setTimeout(() => void this.tryInit(synthesizer), INIT_AGAIN_MS);
    }
  }

  /** A voice that cannot be loaded is logged; the next engine speaks. */
  private async warm(piper: PiperSynthesizer, voice: string): Promise<void> {
    try {
      await piper.warm(voice);
    } catch (error) {
      this.logger.error({ err: error, voice }, 'the default voice cannot be loaded, the next engine speaks');
    }
  }

  private neuralOptions(): NeuralOptions {
    const { localVoices, programs, speech } = this.config;
    const { modelFolders, threads, loadLimitMs, idleMs } = localVoices;
    const keptVoice = localVoices.defaultVoice.toLowerCase();
    lostWorkers().inc({ model: keptVoice }, 0);
    return {
      modelFolders,
      espeak: programs.espeak,
      threads,
      limits: { runLimitMs: speech.silenceLimitMs, loadLimitMs, idleMs, maxQueued: MOST_QUEUED_RUNS },
      keptVoice,
      onLost: (model, reason) => {
        lostWorkers().inc({ model });
        this.logger.error(
          { model, reason },
          'a thread of a voice model was lost, another one takes its place',
        );
      },
    };
  }
}

function usesPolly({ engine, polly }: TtsConfig): boolean {
  return engine === 'polly' || (engine === 'auto' && polly.hasCredentials);
}

/** Its SDK takes 20 MB; who does not use it does not load it. */
async function openPolly({ polly, speech }: TtsConfig): Promise<SpeechSynthesizer> {
  const { PollySynthesizer } = await import('./polly/polly.provider.js');
  // An attempt that is not answered leaves time for another one.
  return new PollySynthesizer({ ...polly, timeoutMs: speech.engineLimitMs / 2 });
}
