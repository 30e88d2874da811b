import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { wordsPlugin } from './eslint-words.js';
import { ROOT } from './workspace.ts';

/** A dropped word of words.json where it stands. */
export interface DroppedWord {
  readonly file: string;
  readonly line: number;
  readonly kind: 'name' | 'file' | 'docs';
  readonly word: string;
  /** The name that has the word; of a doc comment the word alone. */
  readonly name: string;
}

/** Runs the rule plain-words, and nothing else, over files of the repository. */
export async function droppedWords(files: readonly string[], root = ROOT): Promise<DroppedWord[]> {
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      linterOptions: { reportUnusedDisableDirectives: 'off' },
      plugins: { words: wordsPlugin },
      rules: { 'words/plain-words': 'warn' },
    },
  });
  const results = await eslint.lintFiles([...files]);
  return results.flatMap(({ filePath, messages }) =>
    messages
      .filter(({ ruleId }) => ruleId === 'words/plain-words')
      .map(({ line, message, messageId }) => {
        const [, word = ''] = /dropped word '([^']+)'/.exec(message) ?? [];
        const [, name = word] = /name (\S+) has/.exec(message) ?? [];
        const kind = messageId as DroppedWord['kind'];
        return { file: filePath.slice(root.length + 1), line, kind, word, name };
      }),
  );
}

/** How often each name has a dropped word, the most frequent first. */
export function countByName(words: readonly DroppedWord[]): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { name } of words) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
}
