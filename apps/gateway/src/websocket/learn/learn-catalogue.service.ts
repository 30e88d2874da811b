import { Injectable } from '@nestjs/common';
import {
  languageName,
  languageSchema,
  RECOGNIZED_LANGUAGES,
  scenarioById,
  SCENARIOS,
  TEACHING_MODES,
  type LearnEvent,
  type Scenario,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { VoicesService } from '../../synthesis/voices.service.js';

/** Longest wait for the list of voices. */
const VOICES_LIMIT_MS = 5_000;

const MODES: Readonly<Record<(typeof TEACHING_MODES)[number], string>> = {
  conversation: 'A free conversation; mistakes are told in the feedback alone.',
  correction: 'Every mistake is corrected at once, and said again.',
  'role-play': "The coach plays a scenario's part and follows its goals.",
  exam: 'Questions as in an examination, without help.',
};

/** What a learner can choose among. */
@Injectable()
export class LearnCatalogue {
  constructor(private readonly voices: VoicesService) {}

  modes(): LearnEvent {
    return {
      type: 'teaching_modes',
      modes: TEACHING_MODES.map((id) => ({ id, description: MODES[id] })),
    };
  }

  /** Those that recognition knows. @throws AppError upstream.unavailable where tts cannot be asked for its voices */
  async languages(): Promise<LearnEvent> {
    const { voices } = await this.voices.list(AbortSignal.timeout(VOICES_LIMIT_MS));
    // Voices have languages that recognition has no code for.
    const spoken = new Set(voices.map(({ language }) => languageSchema.safeParse(language).data));
    return {
      type: 'languages',
      languages: RECOGNIZED_LANGUAGES.map((code) => ({
        code,
        name: languageName(code),
        has_voice: spoken.has(code),
      })),
    };
  }

  scenarios(): LearnEvent {
    return {
      type: 'scenarios',
      scenarios: SCENARIOS.map(({ id, title, level, roles, goals }) => ({
        id,
        title,
        level,
        roles,
        goals: goals.map(({ goal }) => goal),
      })),
    };
  }

  /** @throws AppError request.invalid */
  scenario(id: string | undefined): Scenario | undefined {
    if (id === undefined) return undefined;
    const found = scenarioById(id);
    if (!found)
      throw new AppError(
        'request.invalid',
        'scenario_id: there is no such scenario; get_scenarios lists all.',
      );
    return found;
  }
}
