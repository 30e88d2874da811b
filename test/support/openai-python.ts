import { PythonClient } from './python-client.js';

/** The major versions of OpenAI's Python client that are run: what many programs still pin, and the newest. */
export const OPENAI_PYTHON_VERSIONS = ['1.109.1', '3.57.0'] as const;

/** Scripts have `client`, `openai`, `json` and `sys`. */
const PRELUDE = `
import json, sys
import openai
client = openai.OpenAI(max_retries=0)
`;

/** OpenAI's Python client in a virtual environment of its own. */
export class OpenAiPython {
  private constructor(private readonly client: PythonClient) {}

  static async prepare(version: string, baseUrl: string, key: string): Promise<OpenAiPython> {
    const [major] = version.split('.');
    const environment = {
      name: `openai-${major}`,
      module: 'openai',
      packages: [`openai==${version}`],
    };
    const variables = { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: key };
    return new OpenAiPython(await PythonClient.prepare(environment, variables));
  }

  /** Runs a script that has `client`; what it prints as JSON comes back. */
  run(script: string, ...args: string[]): Promise<unknown> {
    return this.client.run(PRELUDE + script, ...args);
  }

  /** Runs a program as people write it. @returns what it prints */
  print(program: string, ...args: string[]): Promise<string> {
    return this.client.print(program, ...args);
  }
}
