import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { CatalogueRepository } from './catalogue.repository.js';
import { readSeedFiles } from './seed-files.js';

/** Brings the platform's entries into the store at every start. Nothing changes the second time, and replicas may do it at once. */
@Injectable()
export class CatalogueSeeds implements OnApplicationBootstrap {
  constructor(
    private readonly catalogue: CatalogueRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws AppError catalogue.invalid_seed, store.unavailable */
  async onApplicationBootstrap(): Promise<void> {
    const changed = await this.migrate();
    if (changed > 0) this.logger.info({ changed }, 'the catalogue was brought up to date');
  }

  /** @param folder  of the seed files; those that are installed where it is left out
   *  @returns how many entries were changed
   *  @throws AppError catalogue.invalid_seed, and then nothing is written */
  async migrate(folder?: string): Promise<number> {
    const { teaching_mode: modes, language: languages, scenario: scenarios } = await readSeedFiles(folder);
    // Scenarios last: they name modes and languages.
    return (
      (await this.catalogue.seed('teaching_mode', modes.seeds, modes.revision)) +
      (await this.catalogue.seed('language', languages.seeds, languages.revision)) +
      (await this.catalogue.seed('scenario', scenarios.seeds, scenarios.revision))
    );
  }
}
