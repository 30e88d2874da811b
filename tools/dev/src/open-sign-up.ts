import type { Settings } from '@parlance/cli/machine/settings';
import { DEVELOPMENT_TENANT, gatewayUrl, hasDevelopmentAccounts } from './platform-processes.js';

const LIMIT_MS = 10_000;

/** Lets people sign up on the page with the development tenant, where `make up` has switched accounts on.
 *  @throws Error where the gateway refuses it */
export async function openSignUp(settings: Settings, developmentKey: string): Promise<void> {
  if (!hasDevelopmentAccounts(settings)) return;
  const address = `${gatewayUrl(settings)}/api/v1/organisations/${DEVELOPMENT_TENANT}`;
  const call = async (init: RequestInit = {}): Promise<{ version: number; signUp: boolean }> => {
    const answer = await fetch(address, {
      ...init,
      headers: { authorization: `Bearer ${developmentKey}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (!answer.ok) throw new Error(`The gateway answered ${answer.status} to ${address}.`);
    return (await answer.json()) as { version: number; signUp: boolean };
  };
  const { version, signUp } = await call();
  if (!signUp) await call({ method: 'PATCH', body: JSON.stringify({ version, signUp: true }) });
}
