import { firstOfEach, normalized } from './question-text.js';

/** Easy questions about anything that has a name, in English. */
const TEMPLATES: readonly ((topic: string) => string)[] = [
  (topic) => `What do you like about ${topic}?`,
  (topic) => `When did you last think of ${topic}?`,
  (topic) => `Who do you talk to about ${topic}?`,
  (topic) => `What is the first thing that you remember about ${topic}?`,
  (topic) => `How would you describe ${topic} to a child?`,
  (topic) => `What is difficult about ${topic}?`,
  (topic) => `Is ${topic} important to you, and why?`,
  (topic) => `What would you like to know about ${topic}?`,
  (topic) => `How has ${topic} changed in the last years?`,
  (topic) => `What do other people say about ${topic}?`,
  (topic) => `Where would you look for more about ${topic}?`,
  (topic) => `What would you change about ${topic}?`,
];

/** Questions about some topics, in English: each topic in turn, so that ten questions are about as many as there are.
 *  @param topics  as one names them in a sentence: `the market`, `your sister` */
export function templateQuestions(topics: readonly string[]): string[] {
  const named = firstOfEach(
    topics
      .map((topic) => topic.replace(/[^\p{L}\p{M}\p{N}' ’-]+/gu, ' ').trim())
      .filter((topic) => topic !== ''),
    normalized,
  );
  return TEMPLATES.flatMap((_template, round) =>
    named.map((topic, index) => TEMPLATES[(round + index) % TEMPLATES.length]!(topic)),
  );
}
