// Who may import whom, as docs and CONTRIBUTING describe it. One line a layer: left may import right.
// `type:` in front means that only types may cross (`import type`).

/** @type {Record<string, string[]>} */
const MAY_IMPORT = {
  'sim/base': [],
  'sim/regs': ['sim/base'],
  'sim/machine': ['sim/base', 'sim/regs', 'type:sim/trace'],
  'sim/trace': ['sim/base', 'sim/regs', 'sim/smmu/spec'],
  'sim/smmu/spec': ['sim/base', 'sim/regs'],
  'sim/smmu': ['sim/base', 'sim/regs', 'sim/machine', 'sim/smmu/spec', 'sim/trace'],
  'sim/kernel': ['sim/base', 'sim/regs', 'sim/machine', 'sim/smmu/spec', 'sim/trace'],
  'sim/devices': ['sim/base', 'sim/machine', 'sim/trace', 'type:sim/smmu'],
  'sim/script': ['sim/base', 'sim/machine', 'sim/trace', 'sim/kernel', 'sim/devices'],
  'sim/explain': ['sim/base', 'sim/regs', 'sim/machine', 'sim/smmu', 'sim/smmu/spec', 'sim/trace'],
  'sim/inspect': [
    'sim/base',
    'sim/regs',
    'sim/smmu/spec',
    'sim/trace',
    'sim/explain',
    'type:sim/protocol',
  ],
  'sim/protocol': ['sim/base', 'type:sim/regs', 'type:sim/smmu/spec', 'type:sim/trace'],
  'sim/session': [
    'sim/base',
    'sim/regs',
    'sim/machine',
    'sim/smmu',
    'sim/smmu/spec',
    'sim/kernel',
    'sim/devices',
    'sim/script',
    'sim/trace',
    'sim/explain',
    'sim/inspect',
    'sim/protocol',
  ],
  'sim/host': [
    'sim/base',
    'sim/regs',
    'sim/machine',
    'sim/smmu',
    'sim/smmu/spec',
    'sim/kernel',
    'sim/devices',
    'sim/script',
    'sim/trace',
    'sim/explain',
    'sim/inspect',
    'sim/session',
    'sim/protocol',
  ],
  main: ['sim/base', 'sim/protocol', 'sim/host'],
  preload: ['type:sim/protocol'],
  renderer: ['sim/protocol', 'sim/trace', 'sim/smmu/spec', 'sim/regs', 'sim/base'],
};

/** npm packages and platform modules, by the folders that may use them. */
const PLATFORM = [
  ['node-builtins', { dependencyTypes: ['core'] }, ['sim/host', 'main', 'test', 'scripts']],
  ['electron', { path: 'node_modules/electron/' }, ['main', 'preload', 'test']],
  [
    'npm-in-the-core',
    { dependencyTypes: ['npm', 'npm-dev'], pathNot: 'node_modules/(zod|birpc)/' },
    ['sim/host', 'main', 'preload', 'renderer', 'test', 'scripts'],
  ],
];

/** A folder's own files: those of a layer nested inside it are not its own. */
function layerPattern(layer) {
  const nested = Object.keys(MAY_IMPORT).filter((other) => other.startsWith(`${layer}/`));
  const holes = nested.map((other) => `(?!${other}/)`).join('');
  return `^${holes}${layer}/`;
}

const LAYERS = Object.entries(MAY_IMPORT).flatMap(([layer, entries]) => {
  const values = entries.filter((entry) => !entry.startsWith('type:'));
  const types = entries.filter((entry) => entry.startsWith('type:')).map((entry) => entry.slice(5));
  const own = layerPattern(layer);
  const inRepository = '^(sim|main|preload|renderer|test|scripts|examples)/';
  return [
    {
      name: `layer ${layer}`,
      comment: `${layer} may import: ${entries.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: own },
      to: { path: inRepository, pathNot: [own, ...[...values, ...types].map(layerPattern)] },
    },
    {
      name: `layer ${layer}, types only`,
      comment: `${layer} may take only types from: ${types.join(', ')}`,
      severity: 'error',
      from: { path: own },
      to: { path: types.map(layerPattern), dependencyTypesNot: ['type-only'] },
    },
  ].filter((rule) => rule.to.path.length > 0);
});

module.exports = {
  forbidden: [
    ...LAYERS,
    ...PLATFORM.map(([name, to, folders]) => ({
      name,
      comment: `only ${folders.join(', ')} may`,
      severity: 'error',
      from: { path: '^(sim|main|preload|renderer|test)/', pathNot: folders.map(layerPattern) },
      to,
    })),
    {
      name: 'known layers',
      comment: 'a new folder in sim/ needs a line in MAY_IMPORT',
      severity: 'error',
      from: { path: '^sim/', pathNot: Object.keys(MAY_IMPORT).map(layerPattern) },
      to: {},
    },
    {
      name: 'no cycles',
      comment: 'a part may know the type of what owns it, and no more',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no barrels',
      comment: 'import a thing from the file that defines it',
      severity: 'error',
      from: {},
      to: { path: '^(sim|main|preload|renderer|test)/.*(^|/)index[.]tsx?$' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '[?]' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
    progress: { type: 'none' },
  },
};
