/** Libraries from the top to the bottom: each imports its own layer and those below it. Applications stand above all of them. */
const LAYERS = [
  { name: 'speech', packages: ['whisper', 'vad', 'analytics', 'models', 'model-compiler'] },
  { name: 'runtime', packages: ['onnx'] },
  {
    name: 'platform',
    packages: ['rpc', 'messaging', 'persistence', 'telemetry', 'config', 'resilience'],
  },
  { name: 'exchange', packages: ['contracts', 'audio'] },
  { name: 'errors', packages: ['errors'] },
];

/** What libraries export: their index, and beside it what only some places need. */
const ENTRIES = [
  '[^/]+/src/index\\.ts',
  'contracts/src/generated/',
  // Inside a worker thread.
  'onnx/src/model\\.ts',
  'whisper/src/tokenizer\\.ts',
];

/** House rules on who may import whom (see docs/architecture in README). */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-stay-apart',
      comment: 'Apps meet over the wire, never by import.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(apps|tools|test)/' },
    },
    ...LAYERS.flatMap(({ name, packages }, i) => {
      const above = LAYERS.slice(0, i).flatMap((layer) => layer.packages);
      if (above.length === 0) return [];
      return {
        name: `${name}-imports-nothing-above`,
        severity: 'error',
        from: { path: `^libs/(${packages.join('|')})/` },
        to: { path: `^libs/(${above.join('|')})/` },
      };
    }),
    {
      name: 'contracts-and-audio-stand-alone',
      severity: 'error',
      from: { path: '^libs/(contracts|audio)/' },
      to: { path: '^libs/', pathNot: ['^libs/errors/', '^libs/$1/'] },
    },
    {
      name: 'libs-through-their-index',
      comment:
        "A lib's index.ts is its contract; what its package.json exports beside it is for special places.",
      severity: 'error',
      from: { path: '^(apps|libs|tools|test)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/$2/', `^libs/(${ENTRIES.join('|')})`] },
    },
    {
      name: 'only-persistence-knows-mongoose',
      severity: 'error',
      from: { pathNot: '^libs/persistence/' },
      to: { path: '^(mongoose|mongodb)$|node_modules/(mongoose|mongodb)/' },
    },
    {
      name: 'only-messaging-knows-nats',
      severity: 'error',
      from: { pathNot: '^(libs/messaging|tools/dev)/' },
      to: { path: 'node_modules/nats/' },
    },
    {
      name: 'only-onnx-knows-the-runtime',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/onnx/' },
      to: { path: 'node_modules/onnxruntime-' },
    },
    {
      name: 'only-providers-know-vendors',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.provider\\.ts$' },
      to: { path: 'node_modules/(groq-sdk|@aws-sdk)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(apps|libs)/.*/src/', pathNot: '(\\.d\\.ts|main\\.ts|generated/.*)$' },
      to: {},
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['@parlance/source', 'types', 'import', 'require', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
