import { type DynamicModule, Module } from '@nestjs/common';
import type { ConversationConfig } from '../conversation.config.js';
import { GroqLanguageModel } from './groq.provider.js';
import { LanguageModel } from './language-model.js';

/** Servers other than Groq's seldom ask for a key, but the client wants one. */
const NO_KEY = 'none';

/** Provides LanguageModel; null when none is configured. */
@Module({})
export class LanguageModelModule {
  static forRoot(config: ConversationConfig): DynamicModule {
    const { GROQ_API_KEY, PARLANCE_LLM_BASE_URL, PARLANCE_LLM_MODEL, PARLANCE_LLM_FIRST_WORD_MS } = config;
    const isConfigured = GROQ_API_KEY !== undefined || PARLANCE_LLM_BASE_URL !== undefined;
    const useFactory = (): LanguageModel | null =>
      isConfigured
        ? new GroqLanguageModel({
            apiKey: GROQ_API_KEY ?? NO_KEY,
            model: PARLANCE_LLM_MODEL,
            firstWordMs: PARLANCE_LLM_FIRST_WORD_MS,
            ...(PARLANCE_LLM_BASE_URL ? { baseUrl: PARLANCE_LLM_BASE_URL } : {}),
          })
        : null;
    return {
      module: LanguageModelModule,
      providers: [{ provide: LanguageModel, useFactory }],
      exports: [LanguageModel],
    };
  }
}
