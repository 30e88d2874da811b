import type { Correction, TurnTranscribed } from '@parlance/contracts';
import type { SentenceChoice } from './sentence-choice.js';
import { topicsOf } from './topic.js';

/** A remark names the fact it rests on; without one, or when it was made before, there is none. */
type Remark = string | undefined;

export function acknowledgement({ text }: TurnTranscribed, sentences: SentenceChoice): Remark {
  const [topic] = topicsOf(text);
  if (text.trim().endsWith('?'))
    return sentences.choose(
      [
        'That is a fair question, though I am only a speaking coach and cannot look things up.',
        'I have no answer to that, for I am a coach for speaking, but I like how you asked.',
        'A coach like me cannot know that, and still it is a good question.',
      ],
      'question',
    );
  if (topic === undefined)
    return sentences.choose(
      ['Thank you, I heard you.', 'All right, thank you.', 'I see.', 'Good, I understand.'],
      'short',
    );
  return sentences.choose(
    [
      `Thank you for telling me about ${topic}.`,
      `So you are talking about ${topic}.`,
      `I would like to hear more about ${topic}.`,
      `You mentioned ${topic}, and I am listening.`,
    ],
    'topic',
  );
}

/** The first remark of the grammar checker that says what to say instead. */
export function grammarRemark(
  { text }: TurnTranscribed,
  corrections: readonly Correction[],
  sentences: SentenceChoice,
): Remark {
  const correction = corrections.find(({ suggestions }) => suggestions[0]?.trim());
  if (!correction) return undefined;
  const said = text.slice(correction.start, correction.end);
  const better = correction.suggestions[0]!;
  return sentences.choose(
    [
      `One small thing: instead of “${said}”, say “${better}”.`,
      `Next time try “${better}” where you said “${said}”.`,
      `A little correction: “${better}” rather than “${said}”.`,
    ],
    'grammar',
  );
}

/** The measure that stands out most: the sound first, for it spoils all the others. */
export function deliveryRemark(turn: TurnTranscribed, sentences: SentenceChoice): Remark {
  return sentences.choose(deliveryOptions(turn), 'delivery');
}

function deliveryOptions({ measures, scores }: TurnTranscribed): string[] {
  if (!measures || !scores) return [];
  const { speechRateWpm, longestPauseMs, clippingRatio, signalToNoiseDb, wordCount } = measures;
  if (clippingRatio > 0.01)
    return ['Your microphone was too loud for a moment, so move a little away from it.'];
  if (signalToNoiseDb < 10)
    return ['There was a good deal of noise around you, so a quieter place would help me hear you.'];
  if (wordCount < 4) return [];
  if (longestPauseMs > 1_500)
    return [
      `Your longest pause was ${(longestPauseMs / 1_000).toFixed(1)} seconds, and shorter ones would keep your story flowing.`,
    ];
  const rate = Math.round(speechRateWpm);
  if (rate > 185) return [`You spoke at ${rate} words a minute, so take your time and breathe.`];
  if (rate > 0 && rate < 85)
    return [`You spoke at ${rate} words a minute, and you can dare to go a little faster.`];
  if (scores.overall >= 75)
    return [`Your pace of ${rate} words a minute was easy to follow.`, 'You were easy to understand.'];
  return [];
}

/** Asks whether what was recognised is what was said. */
export function doubt({ text, sequence }: TurnTranscribed, sentences: SentenceChoice): string {
  if (text.trim() === '')
    return (
      sentences.choose(
        [
          'I could not hear any words, so please say that again.',
          'I am sorry, nothing reached me, so please try once more, close to the microphone.',
          'It was quiet just now, so please say it once more.',
          'No word has come through, so would you try again?',
        ],
        'silence',
      ) ?? `Turn ${sequence} had no words in it either, so please say it again.`
    );
  const quoted = quotable(text);
  return (
    sentences.choose(
      [
        `I am not sure that I understood: did you say “${quoted}”?`,
        `That was hard to understand, so tell me, was it “${quoted}”?`,
        `Did I get that right, you said “${quoted}”?`,
      ],
      'doubt',
    ) ?? `I could not understand turn ${sequence} well, so would you say it in other words?`
  );
}

const LONGEST_QUOTE = 12;

/** The first words, without marks that would end the sentence they are quoted in. */
export function quotable(text: string): string {
  const words = text
    .replace(/[.!?…。！？"“”\n]+/g, ' ')
    .trim()
    .split(/\s+/);
  return words.length <= LONGEST_QUOTE
    ? words.join(' ')
    : `${words.slice(0, LONGEST_QUOTE).join(' ')} and so on`;
}
