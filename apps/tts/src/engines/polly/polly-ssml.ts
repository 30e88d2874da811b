/** Polly's bounds of `rate`; beyond them the encoder does the rest of the speed. */
const SLOWEST = 0.2;
const FASTEST = 2;
/** Between two sentences at half the speed; none at the usual one, where the voice's own pause is right. */
const LEARNERS_PAUSE_MS = 300;

/** What Polly takes of a speed, and what is left of it. */
export function pollySpeed(speed: number): { native: number; rest: number } {
  const native = Math.min(FASTEST, Math.max(SLOWEST, speed));
  return { native, rest: speed / native };
}

/** A plain text as SSML of the elements that all engines of Polly speak: its paragraphs, its speed, and for slow speech a longer pause
 *  after each sentence. Nothing of the text is taken for markup.
 *  @param speed  0.2 to 2 */
export function pollySsml(text: string, speed: number): string {
  const paragraphs = text
    .split(/\s*\n\s*/)
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => withPauses(escaped(paragraph), speed));
  const spoken =
    paragraphs.length > 1 ? paragraphs.map((one) => `<p>${one}</p>`).join('') : paragraphs.join('');
  return speed === 1
    ? `<speak>${spoken}</speak>`
    : `<speak><prosody rate="${Math.round(speed * 100)}%">${spoken}</prosody></speak>`;
}

function withPauses(text: string, speed: number): string {
  if (speed >= 1) return text;
  const pauseMs = Math.round(LEARNERS_PAUSE_MS * (1 / speed - 1));
  return text.replace(/([.!?…]["'”’»)\]]*)\s+/gu, `$1<break time="${pauseMs}ms"/> `);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Control characters are in no XML document. */
function escaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g, ' ').replace(/[&<>]/g, entityOf);
}

function entityOf(sign: string): string {
  return ENTITIES[sign] ?? sign;
}

/** A piece of SSML as text. */
export function unescaped(text: string): string {
  return Object.entries(ENTITIES).reduceRight(
    (plain, [sign, entity]) => plain.replaceAll(entity, sign),
    text,
  );
}
