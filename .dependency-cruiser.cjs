/** Who may import whom. The order of layers is data, which the graph and the report read too. */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { layers } = require('./tools/dev/structure/layers.json');

const filesOf = (names) => `^(apps|libs)/(${names.join('|')})/`;
const layerRules = layers.slice(1).map((layer, above) => ({
  name: 'no-arrow-against-the-layers',
  comment: 'A package imports those of its own layer and of lower ones.',
  severity: 'error',
  from: { path: filesOf(layer), pathNot: '\\.spec\\.ts$' },
  to: { path: filesOf(layers.slice(0, above + 1).flat()) },
}));

// dependency-cruiser does not compare imports of workspace packages with package.json, so each package gets a rule of its own.
const ownPackageRules = ['apps', 'libs']
  .flatMap((parent) => readdirSync(`${__dirname}/${parent}`).map((name) => `${parent}/${name}`))
  .filter((folder) => existsSync(`${__dirname}/${folder}/package.json`))
  .map((folder) => {
    const { dependencies } = JSON.parse(readFileSync(`${__dirname}/${folder}/package.json`, 'utf8'));
    const ours = Object.keys(dependencies).filter((name) => name.startsWith('@parlance/'));
    const named = ours.map((name) => `(apps|libs)/${name.slice('@parlance/'.length)}`);
    return {
      name: 'only-what-package-json-names',
      severity: 'error',
      from: { path: `^${folder}/`, pathNot: '\\.spec\\.ts$' },
      to: { path: '^(apps|libs)/', pathNot: `^(${[folder, ...named].join('|')})/` },
    };
  });

/** What libraries export: their index, and beside it what only some places need. */
const ENTRIES = [
  '[^/]+/src/index\\.ts',
  'contracts/src/generated/',
  // Inside a worker thread.
  'onnx/src/model\\.ts',
  'whisper/src/tokenizer\\.ts',
  // Tables that Node reads as they are, for what is made from them.
  'telemetry/src/metric-(registry\\.data|definition)\\.ts',
];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...layerRules,
    ...ownPackageRules,
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
      from: {
        orphan: true,
        path: '^(apps|libs)/.*/src/',
        pathNot: '(\\.d\\.ts|main\\.tsx?|generated/.*|\\.worklet\\.js)$',
      },
      to: {},
    },
    {
      name: 'only-what-package-json-names',
      comment:
        "A package imports what its own package.json names; the root's development tools are for specs and types.",
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    // A page's scripts are resolved by its browser.
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: { pathNot: '^test/support/voice-page/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      // The packages of a page are in its bundle; nothing installs them.
      from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '^apps/studio/'] },
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
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
