import type { TurnTranscribed, Lesson } from '@parlance/contracts';
import type { ReplyContext } from '../language-model/language-model.js';
import { scenarioProgress } from './scenario-progress.js';
import type { SentenceChoice } from './sentence-choice.js';
import { topicsOf } from './topic.js';
import { quotable } from './remarks.js';

/** Where nobody has spoken of anything in particular. */
const GENERAL_QUESTIONS = [
  'What would you like to talk about?',
  'Can you tell me a little more?',
  'What was the best part of your day?',
  'What are you looking forward to this week?',
  'Who did you last have a long conversation with?',
  'What did you eat today, and did you like it?',
  'What can you see from your window?',
  'Which book or film has stayed in your mind?',
  'What would you do with a free afternoon?',
  'What have you learned lately?',
  'Where would you like to travel next?',
  'What do you do when it rains?',
] as const;

/** The question that keeps the person talking: the scenario's next goal, else the lesson's next point, else what they spoke of now, else what they spoke of
 *  before, else something general. It was not asked before in the session. */
export function followUp(turn: TurnTranscribed, context: ReplyContext, sentences: SentenceChoice): string {
  return (
    scenarioQuestion(turn, context, sentences) ??
    (context.lesson && lessonQuestion(context.lesson, sentences)) ??
    topicQuestion(turn, sentences) ??
    earlierQuestion(context, sentences) ??
    sentences.choose(GENERAL_QUESTIONS, 'general') ??
    `This is my question number ${turn.sequence}: what else would you like to tell me?`
  );
}

function scenarioQuestion(
  { text }: TurnTranscribed,
  { scenario, exchanges }: ReplyContext,
  sentences: SentenceChoice,
): string | undefined {
  if (!scenario) return undefined;
  const { goal, reached } = scenarioProgress(scenario, [...exchanges.map(({ said }) => said), text]);
  if (!goal)
    return sentences.choose(
      [`That was the last part of “${scenario.title}”, well done, so how did you find it?`],
      'scene end',
    );
  const opening = exchanges.length === 0 && reached === 0 ? [scenario.opening] : [];
  return sentences.choose(opening, 'opening') ?? sentences.choose(goal.questions, goal.id);
}

function topicQuestion({ text }: TurnTranscribed, sentences: SentenceChoice): string | undefined {
  const [first, second, ...others] = topicsOf(text);
  // The first one is taken up in the acknowledgement.
  for (const topic of [second, first, ...others].filter((one) => one !== undefined)) {
    const question = sentences.choose(
      [
        `What else can you tell me about ${topic}?`,
        `What comes to your mind first when you think of ${topic}?`,
        `Why is ${topic} on your mind?`,
        `How would you describe ${topic} to a friend?`,
      ],
      'follow',
    );
    if (question !== undefined) return question;
  }
  return undefined;
}

/** Exchanges in which an earlier topic is looked for. */
const LOOK_BACK = 10;

function earlierQuestion({ exchanges }: ReplyContext, sentences: SentenceChoice): string | undefined {
  const topics = exchanges
    .slice(-LOOK_BACK)
    .reverse()
    .flatMap(({ said }) => topicsOf(said));
  for (const topic of new Set(topics)) {
    const question = sentences.choose(
      [
        `You spoke of ${topic} before, so what happened then?`,
        `Shall we come back to ${topic}, and what would you add to it?`,
      ],
      'earlier',
    );
    if (question !== undefined) return question;
  }
  return undefined;
}

/** A question that practises the lesson: its key points in order, then its objectives, then its examples, each once. Undefined
 *  where all were asked about. */
function lessonQuestion(
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
