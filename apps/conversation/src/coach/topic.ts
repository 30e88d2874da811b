/** Words that carry no topic: function words and the vaguest of verbs and nouns. */
const EMPTY_WORDS = new Set(
  `about above actually alone after again against almost along already also although always among another anyone anything are
   around because been before being below between both cannot could course didn does doesn doing done down during each
   either enough even ever every everything feel felt few from give goes going gone good great had happened hardly has
   have haven having here hers herself himself hope however into isn itself just kind know later least less like likely
   little made make makes many maybe mean might more most much must myself need never next nice nothing often once only
   other others ought ours ourselves over own people perhaps pretty probably quite rather really right said same say
   says should since some someone something sometimes soon sort still such sure take tell than thank thanks that their
   theirs them themselves then there these they thing things think this those though thought through time today tomorrow
   told took toward turned under until upon used usually very want wanted wasn well went were weren what when where
   which while who whole whom whose why will with without won would wouldn year years yesterday yes yet your yours
   yourself went come came get got see saw look looked talk talked speak spoke start started try tried work works`.split(
    /\s+/,
  ),
);

const DETERMINERS = new Set(['the', 'my', 'our', 'your', 'his', 'her', 'their', 'this', 'that']);

/** A thing the speaker spoke of, as one would take it up: `the market`, `your sister`, else the bare word. The words after
 *  an article or a possessive come first, for they are the likeliest nouns.
 *  @returns topics by likelihood, each once; none when nothing of weight was said */
export function topicsOf(text: string): string[] {
  const words = text.split(/[^\p{L}\p{N}'’-]+/u).filter((word) => word !== '');
  const likely: string[] = [];
  const possible: string[] = [];
  words.forEach((word, index) => {
    if (!carriesTopic(word)) return;
    const before = words[index - 1]?.toLowerCase() ?? '';
    if (DETERMINERS.has(before)) likely.push(`${fromListener(before)} ${word}`);
    else possible.push(word);
  });
  return [...new Set([...likely, ...possible])];
}

function carriesTopic(word: string): boolean {
  const plain = word.toLowerCase().replace(/['’].*$/, '');
  return plain.length >= 4 && !EMPTY_WORDS.has(plain) && !/(ly|ing|ed)$/.test(plain) && /^\p{L}/u.test(plain);
}

function fromListener(determiner: string): string {
  if (determiner === 'my' || determiner === 'our') return 'your';
  if (determiner === 'your') return 'my';
  return determiner;
}
