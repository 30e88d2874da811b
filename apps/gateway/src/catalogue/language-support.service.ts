import { Inject, Injectable } from '@nestjs/common';
import { languageSchema } from '@parlance/contracts';
import { LanguageOfferRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { VoicesService } from '../synthesis/voices.service.js';
import { LoadedModelsClient } from './loaded-models.client.js';

/** What this installation can do in a language. Null: not known, because the service could not be asked. */
export interface LanguageSupport {
  /** A recognition model that is loaded knows it. */
  readonly recognition: boolean | null;
  /** What answers turns writes in it. */
  readonly reply: boolean | null;
  /** There is a voice for it. */
  readonly speech: boolean | null;
  /** What is said is scored and reported on: it is recognised, and what answers judges it. */
  readonly scoring: boolean | null;
}

/** Undefined: not known, for the service could not be asked; null: any. */
type Known = ReadonlySet<string> | null | undefined;

/** What each of the services behind works in. */
export interface ServiceLanguages {
  readonly recognition: Known;
  readonly replies: Known;
  readonly speech: Known;
}

/** How long answers of the services are taken for the truth. */
const FRESH_MS = 10_000;
const LIMIT_MS = 3_000;

/** What the running services say about languages, asked for together and kept for a moment. */
@Injectable()
export class LanguageSupports {
  private kept: { readonly of: Promise<ServiceLanguages>; readonly until: number } | undefined;

  constructor(
    private readonly models: LoadedModelsClient,
    private readonly voices: VoicesService,
    private readonly offers: LanguageOfferRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @returns what is true of a language, by its code */
  async load(now = Date.now()): Promise<(code: string) => LanguageSupport> {
    const { recognition, replies, speech } = await this.services(now);
    return (code) => {
      const [recognised, answered, spoken] = [recognition, replies, speech].map((one) => has(one, code));
      return {
        recognition: recognised!,
        reply: answered!,
        speech: spoken!,
        scoring: both(recognised!, answered!),
      };
    };
  }

  /** What the services say, of ten seconds ago at most; of voices a minute. */
  services(now = Date.now()): Promise<ServiceLanguages> {
    if (!this.kept || now >= this.kept.until) this.kept = { of: this.ask(), until: now + FRESH_MS };
    return this.kept.of;
  }

  private async ask(): Promise<ServiceLanguages> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const [recognition, replies, speech] = await Promise.all([
      this.known('recognition', this.models.languages(signal)),
      this.known('conversation', this.offers.languagesOf('conversation')),
      this.known('synthesis', this.spokenLanguages(signal)),
    ]);
    return { recognition, replies, speech };
  }

  private async spokenLanguages(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { voices } = await this.voices.list(signal);
    // Voices have languages that recognition has no code for.
    return new Set(voices.flatMap(({ language }) => languageSchema.safeParse(language).data ?? []));
  }

  private async known(service: string, asked: Promise<Known>): Promise<Known> {
    try {
      return await asked;
    } catch (error) {
      this.logger.warn({ err: error, service }, 'the languages of a service are not known');
      return undefined;
    }
  }
}

function has(known: Known, code: string): boolean | null {
  if (known === undefined) return null;
  return known === null || known.has(code);
}

function both(one: boolean | null, other: boolean | null): boolean | null {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}
