// Sends a recording to the gateway and compares the transcript with what is said in it. Run by `helm test`.
import { readFile } from 'node:fs/promises';

const { PARLANCE_URL, PARLANCE_TEST_API_KEY, RECORDING, EXPECTED_TEXT, MAX_WORD_ERRORS, TIMEOUT_SECONDS } =
  process.env;

const words = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}' ]/gu, ' ')
    .split(' ')
    .filter(Boolean);

/** Words to insert, delete or replace so that one text becomes the other. */
function editDistance(from, to) {
  let row = to.map((_, i) => i + 1);
  row.unshift(0);
  for (const [i, word] of from.entries()) {
    const next = [i + 1];
    for (const [j, other] of to.entries())
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (word === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1);
}

const form = new FormData();
form.append('model', 'whisper-1');
form.append('language', 'en');
form.append('file', new Blob([await readFile(RECORDING)]), 'recording.opus');
const begun = Date.now();
const response = await fetch(`${PARLANCE_URL}/v1/audio/transcriptions`, {
  method: 'POST',
  headers: { authorization: `Bearer ${PARLANCE_TEST_API_KEY}` },
  body: form,
  signal: AbortSignal.timeout(Number(TIMEOUT_SECONDS) * 1000),
}).catch((error) => {
  console.error(`${PARLANCE_URL} cannot be reached: ${error.cause?.message ?? error.message}`);
  process.exit(1);
});
const answer = await response.text();
if (!response.ok) {
  console.error(`${PARLANCE_URL} answered ${response.status}: ${answer}`);
  process.exit(1);
}
const { text } = JSON.parse(answer);
const expected = words(EXPECTED_TEXT);
const errors = (100 * editDistance(words(text), expected)) / expected.length;
console.log(`transcript: ${text.trim()}`);
console.log(`word errors: ${errors.toFixed(1)} % (at most ${MAX_WORD_ERRORS} %), ${Date.now() - begun} ms`);
process.exit(errors <= Number(MAX_WORD_ERRORS) ? 0 : 1);
