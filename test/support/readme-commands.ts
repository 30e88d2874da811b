import { readFileSync } from 'node:fs';

/** The shell blocks of README.md behind the comment `<!-- test: NAME -->`, in their order. */
export function readmeCommands(name: string): string[] {
  const marked = new RegExp(`<!-- test: ${name} -->\\s+\`\`\`sh\\n(.*?)\`\`\``, 'gs');
  return [...readFileSync('README.md', 'utf8').matchAll(marked)].map(([, commands]) => commands!);
}
