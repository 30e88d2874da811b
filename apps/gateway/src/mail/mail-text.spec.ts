import { describe, expect, it } from '@jest/globals';
import { MAIL_TEXTS, MAIL_TEXTS_OF } from './mail-texts.data.js';
import { writeMail } from './mail-text.js';

const VALUES = { organisation: 'Initech', link: 'https://learn.example/verify-email#token=abc', hours: 24 };

describe('the text of a mail', () => {
  it('says the same in every language: what is filled in stands where it does in English', () => {
    const fields = (paragraphs: readonly string[]) => paragraphs.map((part) => part.match(/\{\w+\}/g) ?? []);
    for (const [language, texts] of Object.entries(MAIL_TEXTS))
      for (const what of MAIL_TEXTS_OF)
        expect([language, what, fields(texts[what].paragraphs)]).toEqual([
          ...[language, what, fields(MAIL_TEXTS.en![what].paragraphs)],
        ]);
  });

  it.each([
    ['de', 'Bitte bestätigen Sie Ihre E-Mail-Adresse'],
    ['de-AT', 'Bitte bestätigen Sie Ihre E-Mail-Adresse'],
    ['es', 'Confirme su dirección de correo'],
    ['fr', 'Confirmez votre adresse électronique'],
    ['ja', 'Please confirm your e-mail address'],
    ['__proto__', 'Please confirm your e-mail address'],
    [undefined, 'Please confirm your e-mail address'],
  ])('is in the learner’s language where there is one, %s', (language, subject) => {
    expect(writeMail('verify-email', language, VALUES).subject).toBe(subject);
  });

  it('has the link as text and as a link, and leaves nothing to be filled in', () => {
    for (const language of Object.keys(MAIL_TEXTS))
      for (const what of MAIL_TEXTS_OF) {
        const { subject, text, html } = writeMail(what, language, VALUES);
        expect(`${subject}${text}${html}`).not.toMatch(/[{}]/);
        expect(text.includes(VALUES.link)).toBe(html.includes(`href="${VALUES.link}"`));
      }
  });

  it('keeps what people call themselves from being HTML, or anything to be filled in', () => {
    const name = '<img src=x onerror="alert(1)"> {link}';
    const { text, html } = writeMail('password-changed', 'en', { organisation: 'A & B <i>', name });
    expect(html).not.toMatch(/<img|<i>/);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; {link}');
    expect(text).toContain(`Hello ${name},`);
  });
});
