import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';
import { wordsPlugin } from './tools/dev/structure/eslint-words.js';

export default tseslint.config(
  { ignores: ['**/dist/', '.cache/', 'node_modules/', 'coverage/', '**/src/generated/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  prettier,
  {
    files: ['**/*.ts', '**/*.tsx'],
    plugins: { words: wordsPlugin },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A file has the size of its subject; what is longer is looked at again.
      'max-lines': ['warn', { max: 300 }],
      'words/plain-words': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  {
    // Configuration is read once, at the edge.
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['libs/config/**', '**/*.spec.ts', 'apps/cli/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read configuration through @parlance/config.' },
      ],
    },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        fetch: 'readonly',
        FormData: 'readonly',
        Blob: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  {
    // Scripts of pages, which run in a browser.
    files: ['test/support/voice-page/*.js', 'test/bench/studio/*.js', 'apps/studio/src/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...[
            'AudioBufferSourceNode',
            'AudioContext',
            'AudioWorkletNode',
            'AudioWorkletProcessor',
            'GainNode',
          ],
          ...['MediaRecorder', 'MediaStreamAudioSourceNode', 'navigator', 'registerProcessor'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
