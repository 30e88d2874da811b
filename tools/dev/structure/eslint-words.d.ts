import type { ESLint } from 'eslint';

export declare const wordsPlugin: ESLint.Plugin;
