import { Injectable } from '@nestjs/common';
import { LEVELS, type CatalogueKind, type LearnEvent, type Scenario } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { CatalogueRepository, type CatalogueEntry } from '@parlance/persistence';
import { LanguageSupports } from '../../catalogue/language-support.service.js';

/** Entries read together; a tenant sees no more of a kind than a few of these. */
const READ_TOGETHER = 500;

/** What a learner can choose among: what the tenant's catalogue has. */
@Injectable()
export class LearnCatalogue {
  constructor(
    private readonly catalogue: CatalogueRepository,
    private readonly supports: LanguageSupports,
  ) {}

  async modes(tenant: string): Promise<LearnEvent> {
    const modes = await this.all(tenant, 'teaching_mode');
    return {
      type: 'teaching_modes',
      modes: modes.map(({ value: { code, label, description } }) => ({ id: code, label, description })),
    };
  }

  /** Those that are taught, each with what this installation has for it. */
  async languages(tenant: string): Promise<LearnEvent> {
    const [languages, support] = await Promise.all([this.all(tenant, 'language'), this.supports.load()]);
    return {
      type: 'languages',
      languages: languages.map(({ value: { code, label, native_name } }) => ({
        code,
        name: label,
        native_name,
        has_recognition: support(code).recognition === true,
        has_voice: support(code).speech === true,
      })),
    };
  }

  /** From the easiest to the hardest. */
  async scenarios(tenant: string): Promise<LearnEvent> {
    const scenarios = (await this.all(tenant, 'scenario')).map(({ value }) => value);
    scenarios.sort((one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level));
    return {
      type: 'scenarios',
      scenarios: scenarios.map(({ code, title, mode, level, languages, roles, goals }) => ({
        id: code,
        title,
        mode,
        level,
        languages,
        roles,
        goals: goals.map(({ goal }) => goal),
      })),
    };
  }

  /** @throws AppError request.invalid */
  async requireMode(tenant: string, code: string): Promise<void> {
    if (await this.catalogue.find(tenant, 'teaching_mode', code)) return;
    throw new AppError(
      'request.invalid',
      'teaching_mode: there is no such mode; get_teaching_modes lists all.',
    );
  }

  /** @throws AppError request.invalid */
  async scenario(tenant: string, code: string | undefined): Promise<Scenario | undefined> {
    if (code === undefined) return undefined;
    const found = await this.catalogue.find(tenant, 'scenario', code);
    if (!found)
      throw new AppError(
        'request.invalid',
        'scenario_id: there is no such scenario; get_scenarios lists all.',
      );
    return found.value;
  }

  private async all<Kind extends CatalogueKind>(tenant: string, kind: Kind): Promise<CatalogueEntry<Kind>[]> {
    const all: CatalogueEntry<Kind>[] = [];
    for (;;) {
      const after = all.at(-1)?.code;
      const page = await this.catalogue.page(tenant, kind, { after, limit: READ_TOGETHER });
      all.push(...page);
      if (page.length < READ_TOGETHER) return all;
    }
  }
}
