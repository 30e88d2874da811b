import { readFileSync } from 'node:fs';

/** The code block of a page of docs/integrations behind the comment `<!-- test: NAME -->`. @throws Error where there is none */
export function pageBlock(page: string, name: string): string {
  const marked = new RegExp(`<!-- test: ${name} -->\\s+\`\`\`\\w+\\n(.*?)\n\`\`\``, 's');
  const block = marked.exec(readFileSync(`docs/integrations/${page}`, 'utf8'))?.[1];
  if (block === undefined) throw new Error(`${page} has no block for the test ${name}.`);
  return block;
}
