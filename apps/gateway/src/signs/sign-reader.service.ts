import { Injectable } from '@nestjs/common';
import { SIGN_LETTERS, SIGN_MODEL, SIGN_PIXELS, type SignAnswer } from '@parlance/contracts';
import type { ModelInferResponse__Output } from '@parlance/contracts/proto/inference/ModelInferResponse';
import { AppError, toAppError } from '@parlance/errors';
import { histogram, withSpan } from '@parlance/telemetry';
import type { Caller } from '../auth/caller.js';
import { TenantModels } from '../models/tenant-models.service.js';
import { ImageDecoder } from './image-decoder.service.js';

/** Below it an image shows no hand: the model is trained so that this is where both errors are rare (training/signs). */
const LEAST_HAND_PROBABILITY = 0.5;

const seconds = () => histogram('parlance_sign_seconds');

/** Reads the letter that a hand signs. The gateway decodes the image, as it decodes audio: inference gets a tensor of 16 kB over the
 *  Open Inference Protocol instead of megabytes, and no image library. */
@Injectable()
export class SignReader {
  constructor(
    private readonly images: ImageDecoder,
    private readonly models: TenantModels,
  ) {}

  /** @throws AppError image.*, model.*, inference.overloaded, request.cancelled */
  async read(file: Uint8Array, caller: Caller, signal: AbortSignal): Promise<SignAnswer> {
    const end = seconds().startTimer();
    try {
      const answer = await withSpan('signs.read', {}, () => this.recognise(file, caller, signal));
      end({ outcome: 'letter' });
      return answer;
    } catch (error) {
      end({ outcome: outcomeOf(error) });
      throw error;
    }
  }

  private async recognise(file: Uint8Array, caller: Caller, signal: AbortSignal): Promise<SignAnswer> {
    const pixels = await this.images.greySquare(file, SIGN_PIXELS, { tenant: caller.tenant, signal });
    const request = {
      modelName: SIGN_MODEL,
      inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 1, SIGN_PIXELS, SIGN_PIXELS] }],
      rawInputContents: [Buffer.from(pixels.buffer)],
    };
    const response = await this.models.infer(caller, request, signal).catch((error: unknown) => {
      // The client has sent no tensor, so the model that the operator put there is at fault.
      throw toAppError(error).code === 'request.invalid' ? otherModel(error) : error;
    });
    return answerOf(floatsOf(response, 'letters', SIGN_LETTERS.length), floatsOf(response, 'hand', 1)[0]!);
  }
}

function answerOf(probabilities: readonly number[], handProbability: number): SignAnswer {
  if (handProbability < LEAST_HAND_PROBABILITY)
    throw new AppError('image.no_hand', 'The image shows no hand, or none that could be made out.', {
      param: 'image',
    });
  const letters = [...SIGN_LETTERS].map((letter, i) => ({ letter, probability: probabilities[i]! }));
  letters.sort((a, b) => b.probability - a.probability);
  return { ...letters[0]!, letters, handProbability, model: SIGN_MODEL };
}

/** @throws AppError upstream.unavailable where the installation has another model by that name */
function floatsOf(
  { outputs, rawOutputContents }: ModelInferResponse__Output,
  name: string,
  count: number,
): number[] {
  const raw = rawOutputContents[outputs.findIndex((output) => output.name === name)];
  if (raw?.length !== 4 * count) throw otherModel();
  return Array.from({ length: count }, (_, i) => Math.min(1, Math.max(0, raw.readFloatLE(4 * i))));
}

function otherModel(cause?: unknown): AppError {
  return new AppError('upstream.unavailable', `The model '${SIGN_MODEL}' of this server reads no signs.`, {
    cause,
  });
}

function outcomeOf(error: unknown): string {
  const { code } = toAppError(error);
  if (code === 'image.no_hand') return 'no_hand';
  return code.startsWith('image.') ? 'refused' : 'failed';
}
