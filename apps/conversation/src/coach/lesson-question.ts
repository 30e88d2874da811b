import type { Lesson } from '@parlance/contracts';
import { quotable } from './remarks.js';
import type { SentenceChoice } from './sentence-choice.js';

/** A question that practises the lesson: its key points in order, then its objectives, then its examples, each once. Undefined
 *  where all were asked about. */
export function lessonQuestion(
  { key_points: points, objectives, examples }: Lesson,
  sentences: SentenceChoice,
): string | undefined {
  const questions = [
    ...points.map((point) => `This lesson is about “${quotable(point)}”, so can you say something with it?`),
    ...objectives.map(
      (aim) => `One aim of our lesson is “${quotable(aim)}”, so what can you say about that?`,
    ),
    ...examples.map((example) => `An example is “${quotable(example)}”, so can you make one of your own?`),
  ];
  for (const question of questions) {
    const chosen = sentences.choose([question], 'lesson');
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}
