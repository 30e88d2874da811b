import { z } from 'zod';

/** Name of the model that reads letters signed with one hand (training/signs). `image` comes in, a grey square of SIGN_PIXELS a side, 0 to
 *  1; out come `letters`, the probability of each of SIGN_LETTERS, and `hand`, that the image shows one. */
export const SIGN_MODEL = 'sign-letters';

/** Of the American manual alphabet, in the model's order. */
export const SIGN_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A side of what the model sees. */
export const SIGN_PIXELS = 64;

/** Of a photograph's file; it fits into a message of the public gRPC API. */
export const MOST_IMAGE_BYTES = 15 * 1024 ** 2;

const probability = z.number().min(0).max(1);
const letter = z.string().regex(/^[A-Z]$/);

/** What `POST /api/v1/signs` answers. */
export const signAnswerSchema = z.object({
  /** The most likely one. */
  letter,
  probability,
  /** All letters, the most likely one first; they add up to 1. */
  letters: z.array(z.object({ letter, probability })).length(SIGN_LETTERS.length),
  /** That the photograph shows a hand. */
  handProbability: probability,
  model: z.string(),
});
export type SignAnswer = z.infer<typeof signAnswerSchema>;
