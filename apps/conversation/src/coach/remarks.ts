import { createHash } from 'node:crypto';
import type { Correction, TurnTranscribed } from '@parlance/contracts';
import { topicsOf } from './topic.js';

/** A remark names the fact it rests on; without one there is no remark. */
type Remark = string | undefined;

export function acknowledgement({ text }: TurnTranscribed, seed: string): string {
  const [topic] = topicsOf(text);
  if (text.trim().endsWith('?'))
    return choose(
      [
        'That is a fair question, though I am only a speaking coach and cannot look things up.',
        'I have no answer to that, for I am a coach for speaking, but I like how you asked.',
      ],
      `${seed}:question`,
    );
  if (topic === undefined)
    return choose(['Thank you, I heard you.', 'All right, thank you.'], `${seed}:short`);
  return choose(
    [
      `Thank you for telling me about ${topic}.`,
      `So you are talking about ${topic}.`,
      `I would like to hear more about ${topic}.`,
      `You mentioned ${topic}, and I am listening.`,
    ],
    `${seed}:topic`,
  );
}

/** The first remark of the grammar checker that says what to say instead. */
export function grammarRemark(
  { text }: TurnTranscribed,
  corrections: readonly Correction[],
  seed: string,
): Remark {
  const correction = corrections.find(({ suggestions }) => suggestions[0]?.trim());
  if (!correction) return undefined;
  const said = text.slice(correction.start, correction.end);
  const better = correction.suggestions[0]!;
  return choose(
    [
      `One small thing: instead of “${said}”, say “${better}”.`,
      `Next time try “${better}” where you said “${said}”.`,
      `A little correction: “${better}” rather than “${said}”.`,
    ],
    `${seed}:grammar`,
  );
}

/** The measure that stands out most: the sound first, for it spoils all the others. */
export function deliveryRemark({ measures, scores }: TurnTranscribed, seed: string): Remark {
  const { speechRateWpm, longestPauseMs, clippingRatio, signalToNoiseDb, wordCount } = measures;
  if (clippingRatio > 0.01)
    return 'Your microphone was too loud for a moment, so move a little away from it.';
  if (signalToNoiseDb < 10)
    return 'There was a good deal of noise around you, so a quieter place would help me hear you.';
  if (wordCount < 4) return undefined;
  if (longestPauseMs > 1_500)
    return `Your longest pause was ${(longestPauseMs / 1_000).toFixed(1)} seconds, and shorter ones would keep your story flowing.`;
  const rate = Math.round(speechRateWpm);
  if (rate > 185) return `You spoke at ${rate} words a minute, so take your time and breathe.`;
  if (rate > 0 && rate < 85)
    return `You spoke at ${rate} words a minute, and you can dare to go a little faster.`;
  if (scores.overall >= 75)
    return choose(
      [`Your pace of ${rate} words a minute was easy to follow.`, 'You were easy to understand.'],
      `${seed}:delivery`,
    );
  return undefined;
}

export function followUp({ text }: TurnTranscribed, seed: string): string {
  const topics = topicsOf(text);
  const topic = topics[1] ?? topics[0];
  if (topic === undefined)
    return choose(['What would you like to talk about?', 'Can you tell me a little more?'], `${seed}:follow`);
  return choose(
    [
      `What else can you tell me about ${topic}?`,
      `What comes to your mind first when you think of ${topic}?`,
      `Why is ${topic} on your mind?`,
      `How would you describe ${topic} to a friend?`,
    ],
    `${seed}:follow`,
  );
}

/** One of the options, the same one for the same seed: a redelivered turn gets the same reply. */
export function choose<Option>(options: readonly [Option, ...Option[]], seed: string): Option {
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  return options[number % options.length] ?? options[0];
}
