import { PythonClient } from './python-client.js';

/** Versions of the Python packages that call OpenAI's API for their users. */
export const OPENAI_USERS = {
  litellm: '1.110.2',
  SpeechRecognition: '3.17.0',
  'langchain-community': '0.4.2',
} as const;

/** None of them conflicts with another, so one environment has them all; langchain's parser cuts recordings by pydub. */
const ENVIRONMENT = {
  name: 'openai-users',
  module: 'litellm, speech_recognition, langchain_community, pydub, openai',
  packages: [
    ...Object.entries(OPENAI_USERS).map(([name, version]) => `${name}==${version}`),
    ...['openai==3.57.0', 'pydub==0.25.1'],
  ],
};

/** An interpreter with packages that call OpenAI's API, which are told address and key as OpenAI's client is.
 *  @param url  of the gateway */
export function openAiUsersPython(url: string, key: string): Promise<PythonClient> {
  return PythonClient.prepare(ENVIRONMENT, {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: key,
    // langchain's parser reads the name that the client had before.
    OPENAI_API_BASE: `${url}/v1`,
    DEEPGRAM_API_BASE: `${url}/v1`,
    DEEPGRAM_API_KEY: key,
    // Prices come from the package instead of the network.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  });
}
