/** What is read of a whole chat completion. */
interface Completion {
  readonly model?: unknown;
  readonly choices?: readonly {
    readonly message?: { readonly content?: unknown };
    readonly finish_reason?: unknown;
  }[];
  readonly usage?: unknown;
}

/** A fetch for servers like OpenAI's under groq-sdk. It asks for `/openai/v1/…`; other servers have it under `/v1/…`. A server
 *  that cannot stream answers with a whole completion, which is passed on as a stream of one chunk. */
export function openaiFetch(baseUrl: string): typeof fetch {
  const base = baseUrl.replace(/\/+$/, '');
  return async (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    const path = asked.pathname.replace(/^\/openai\/v1/, '');
    return asEvents(await fetch(`${base}${path}${asked.search}`, init));
  };
}

async function asEvents(response: Response): Promise<Response> {
  const isJson = response.headers.get('content-type')?.includes('application/json') ?? false;
  if (!response.ok || !isJson) return response;
  const { model, choices, usage } = JSON.parse(await response.text()) as Completion;
  const { message, finish_reason } = choices?.[0] ?? {};
  const chunk = {
    model,
    choices: [{ index: 0, delta: { content: message?.content }, finish_reason }],
    usage,
  };
  return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, {
    headers: { 'content-type': 'text/event-stream' },
  });
}
