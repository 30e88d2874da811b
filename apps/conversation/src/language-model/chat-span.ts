import { failSpan, SpanKind, startSpan, type Span } from '@parlance/telemetry';

/** What a chat completion is asked for. */
interface ChatParameters {
  /** `groq`, or `openai` for a server like OpenAI's. */
  readonly provider: string;
  readonly model: string;
  readonly temperature: number;
  readonly maxTokens: number;
}

/** What a span keeps of a chunk; not its text. */
export interface ChatChunk {
  readonly model?: string;
  readonly choices: readonly { readonly finish_reason?: string | null }[];
}

/** The span of one chat completion by OpenTelemetry's conventions for generative AI: the model, the tokens, the finish reason.
 *  No word of the prompt or of the answer is in it. */
export class ChatSpan {
  private readonly span: Span;
  private hasBegun = false;

  constructor({ provider, model, temperature, maxTokens }: ChatParameters) {
    this.span = startSpan(`chat ${model}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': provider,
        'gen_ai.request.model': model,
        'gen_ai.request.temperature': temperature,
        'gen_ai.request.max_tokens': maxTokens,
      },
    });
  }

  /** Notes a chunk of the answer. */
  push({ model, choices }: ChatChunk): void {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.span.addEvent('first text');
      if (typeof model === 'string') this.span.setAttribute('gen_ai.response.model', model);
    }
    const reason = choices[0]?.finish_reason;
    if (typeof reason === 'string') this.span.setAttribute('gen_ai.response.finish_reasons', [reason]);
  }

  /** Notes the tokens as the server counted them. */
  count({
    inputTokens,
    outputTokens,
  }: {
    readonly inputTokens: number;
    readonly outputTokens: number;
  }): void {
    this.span.setAttributes({
      'gen_ai.usage.input_tokens': inputTokens,
      'gen_ai.usage.output_tokens': outputTokens,
    });
  }

  fail(error: unknown): void {
    failSpan(this.span, error);
  }

  end(): void {
    this.span.end();
  }
}
