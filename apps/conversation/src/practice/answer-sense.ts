import { normalized } from '@parlance/practice';
import { topicsOf } from '../coach/topic.js';

/** An English question that yes or no answers. */
const YES_NO = /^(do|does|did|is|are|was|were|have|has|had|can|could|will|would|should|may)\b/;
const AMOUNT = /^how (many|much|old|often|long|far)\b/;
const TIME = /^(when|what time)\b/;

const NUMBERS =
  /\d|\b(no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|few|many|lot|several|once|twice|never|always|often|sometimes|usually|every|rarely|half|hour|hours|day|days|week|weeks|month|months|year|years|minute|minutes|euro|euros|dollar|dollars|pounds?)\b/;
const TIMES =
  /\b(morning|noon|afternoon|evening|night|midnight|today|yesterday|tomorrow|tonight|now|soon|ago|last|next|before|after|when|while|spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend|birthday|christmas|child|o'clock)\b/;
/** Says that there is no answer, which is one, but does not practise anything. */
const NO_ANSWER =
  /^(i do not know|i don't know|no idea|i have no idea|pass|next( question)?|what|sorry|pardon|hm+|uh+|um+)$/;

/**
 * Whether an answer makes sense for its question, by plain rules: a question for a number, a time or yes and no wants that, any other
 * one wants a word of some weight; the question itself said again is no answer. It knows the form of English questions; in other
 * languages two words that are not the question's own are taken for sense. It does not know whether what is said is true.
 */
export function makesSense(question: string, answer: string, language: string): boolean {
  const said = normalized(answer);
  const words = said === '' ? [] : said.split(' ');
  const asked = normalized(question);
  if (words.length === 0 || said === asked || NO_ANSWER.test(said)) return false;
  const ofQuestion = new Set(asked.split(' '));
  const own = words.filter((word) => !ofQuestion.has(word));
  if (own.length === 0) return false;
  if (!/^en\b/i.test(language)) return own.length >= 2;
  if (YES_NO.test(asked))
    return words.length >= 2 || /^(yes|no|yeah|sure|never|always|sometimes|maybe)$/.test(said);
  if (AMOUNT.test(asked)) return NUMBERS.test(said);
  if (TIME.test(asked)) return TIMES.test(said) || NUMBERS.test(said);
  return topicsOf(answer).length > 0 || own.length >= 3;
}
