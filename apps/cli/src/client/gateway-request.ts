import { AppError, isErrorCode } from '@parlance/errors';

/** A refusal of the gateway, in Parlance's or in OpenAI's error shape, as the AppError it was over there. */
async function gatewayFault(response: Response): Promise<AppError> {
  const text = await response.text().catch(() => '');
  return faultFromBody(text) ?? unexpectedStatus(response.status);
}

/** An answer that is none of the gateway's own: from something before it. */
export function unexpectedStatus(status: number | undefined): AppError {
  return new AppError('upstream.unavailable', `The gateway answered with status ${status}.`);
}

/** @returns undefined when the text is no error body of ours */
export function faultFromBody(text: string): AppError | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    if (isErrorCode(error?.code)) return new AppError(error.code, String(error.message));
  } catch {
    // No JSON: not ours.
  }
  return undefined;
}

/** What a failed connection means to the person at the keyboard. */
export function unreachable(url: string, cause: unknown): AppError {
  return new AppError(
    'upstream.unavailable',
    `Nobody answers at ${url}. Is the platform up (\`make up\`), and PARLANCE_URL right?`,
    { cause },
  );
}

/** Asks the gateway.
 *  @param url its address, and `path` behind it
 *  @returns an answer that is no refusal
 *  @throws AppError with the gateway's own code; upstream.unavailable where the gateway does not answer */
export async function fetchFromGateway(
  { url, apiKey }: { readonly url: string; readonly apiKey: string | undefined },
  path: string,
  {
    headers,
    ...init
  }: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
): Promise<Response> {
  const authorization = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  const response = await fetch(`${url}${path}`, { ...init, headers: { ...headers, ...authorization } }).catch(
    (error: unknown) => {
      throw unreachable(url, error);
    },
  );
  if (!response.ok) throw await gatewayFault(response);
  return response;
}

/** What is read of a file that the user names, to be sent; `openAsBlob` throws at once, others reject.
 *  @throws AppError request.not_found where it cannot be read */
export async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new AppError('request.not_found', 'There is no such file.', { cause });
  }
}
