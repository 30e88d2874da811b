/** What the pre-commit hook does with the files that are staged. Types are checked over the whole repository: a change breaks others. */
export default {
  '*.{ts,tsx,js,cjs,mjs}': ['eslint --quiet', 'prettier --write'],
  '*.ts': () => 'tsc -p tsconfig.json',
  'apps/studio/**/*.{ts,tsx}': () => 'tsc -p apps/studio/tsconfig.json',
  '*.{json,md,yml,yaml}': 'prettier --write --ignore-unknown',
  '*.proto': () => 'npm run --silent proto:lint',
};
