import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pythonWith } from './python-venv.js';

export const TRITON_VERSION = '2.73.0';

/** What every script has: `client` of the API that it is for, `headers` with the key, and `frame()`, inputs of Silero's model. */
const PRELUDE = `
import json, os, sys
import numpy as np
import tritonclient.grpc, tritonclient.http
from tritonclient.utils import InferenceServerException
kind = os.environ['TRITON_API']
api = getattr(tritonclient, kind)
client = api.InferenceServerClient(os.environ['TRITON_ADDRESS'])
headers = {'authorization': 'Bearer ' + os.environ['TRITON_KEY']}

def told(method, *args):
    options = {'as_json': True} if kind == 'grpc' else {}
    return method(*args, headers=headers, **options)

def tensor(name, array, datatype, **options):
    one = api.InferInput(name, list(array.shape), datatype)
    one.set_data_from_numpy(array, **options)
    return one

def frame(**options):
    return [
        tensor('input', np.zeros([1, 576], np.float32), 'FP32', **options),
        tensor('state', np.zeros([2, 1, 128], np.float32), 'FP32', **options),
        tensor('sr', np.array(16000, np.int64), 'INT64', **options),
    ]

def refusal(work):
    try:
        work()
    except InferenceServerException as error:
        return error.message()
    return 'not refused'
`;

export type TritonApi = 'http' | 'grpc';

/** NVIDIA's client of Triton in a virtual environment of its own, made once. */
export class TritonPython {
  private constructor(
    private readonly python: string,
    private readonly addresses: Readonly<Record<TritonApi, string>>,
  ) {}

  /** @param addresses  `host:port` of each API */
  static async prepare(addresses: Readonly<Record<TritonApi, string>>): Promise<TritonPython> {
    const packages = [`tritonclient[grpc,http]==${TRITON_VERSION}`];
    return new TritonPython(
      await pythonWith('triton', 'tritonclient.grpc, tritonclient.http', packages),
      addresses,
    );
  }

  /** Runs a script; what it prints as JSON comes back. */
  async run<T>(api: TritonApi, key: string, script: string): Promise<T> {
    const { stdout } = await promisify(execFile)(this.python, ['-c', PRELUDE + script], {
      env: { ...process.env, TRITON_API: api, TRITON_ADDRESS: this.addresses[api], TRITON_KEY: key },
    });
    return JSON.parse(stdout) as T;
  }
}
