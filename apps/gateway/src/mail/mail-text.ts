import escapeHtml from 'escape-html';
import { MAIL_TEXTS, type MailTextName } from './mail-texts.data.js';

/** What is filled in. */
export interface MailValues {
  readonly organisation: string;
  /** Of a person whose address is known to be theirs: a stranger's words go to nobody. */
  readonly name?: string | undefined;
  readonly link?: string;
  readonly hours?: number;
}

export interface WrittenMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Writes a mail as plain text and as HTML. @param language  BCP 47; English where there is no text in it */
export function writeMail(what: MailTextName, language: string | undefined, values: MailValues): WrittenMail {
  const { primary, texts } = textsOf(language);
  const { subject, paragraphs } = texts[what];
  const { name, link = '', hours = 0, organisation } = values;
  const greeting = name === undefined ? `${texts.greeting},` : `${texts.greeting} ${name},`;
  const filled = (part: string): string =>
    part.replace(/\{(link|hours|organisation)\}/g, (_, field: string) =>
      String({ link, hours, organisation }[field]),
    );
  const blocks = [greeting, ...paragraphs.map(filled)];
  const inHtml = blocks.map((block) => {
    const escaped = escapeHtml(block);
    return block === link ? `<p><a href="${escaped}">${escaped}</a></p>` : `<p>${escaped}</p>`;
  });
  return {
    subject,
    text: `${blocks.join('\n\n')}\n`,
    html: `<!DOCTYPE html>\n<html lang="${primary}"><head><meta charset="utf-8"></head><body>\n${inHtml.join('\n')}\n</body></html>\n`,
  };
}

function textsOf(language = 'en') {
  const primary = (language.split('-')[0] ?? '').toLowerCase();
  return Object.hasOwn(MAIL_TEXTS, primary)
    ? { primary, texts: MAIL_TEXTS[primary]! }
    : { primary: 'en', texts: MAIL_TEXTS.en! };
}
