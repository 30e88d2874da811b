import { z } from 'zod';

const CODE = /^[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*$/i;

/** Languages a client allows, as text: ISO 639-1 codes, comma-separated. Empty: any. */
export const languageListSchema = z
  .string()
  .max(600)
  .default('')
  .transform((list, context) => {
    const codes = list
      .split(',')
      .map((code) => code.trim())
      .filter(Boolean);
    for (const code of codes)
      if (!CODE.test(code))
        context.addIssue({ code: 'custom', message: `'${code.slice(0, 16)}' must be an ISO 639-1 code` });
    return codes;
  });
