import path from 'node:path'
import importX from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

const root = import.meta.dirname
const subgraphs = ['users', 'orgs', 'enrollments', 'imports', 'access']
/** Shared by subgraphs and part of none. */
const shared = ['roster']
const ours = [
  'bench',
  'gateway',
  'migrations',
  'oneroster',
  'platform',
  'rest-facade',
  'sample',
  'scripts',
  'subgraphs',
  'test',
]

/** `target` imports nothing of ours except itself and `allowed`. Unit tests stand beside their file and may import all. */
function only(target, allowed) {
  const from = ours.filter((folder) => folder !== target && !allowed.includes(folder)).map((folder) => `./${folder}`)
  return {
    target: `./${target}/**/!(*.test).ts`,
    from,
    message: `${target} may import only: ${allowed.join(', ') || 'itself'}`,
  }
}

/** The arrows of style.md. scripts, test, bench, sample and codegen.ts may import all. */
const zones = [
  only('oneroster', []),
  only('platform', []),
  only('migrations', ['platform']),
  only('gateway', ['platform']),
  only('rest-facade', ['oneroster', 'platform']),
  ...[...subgraphs, ...shared].map((name) => ({
    target: `./subgraphs/${name}/**/!(*.test).ts`,
    from: [
      ...ours
        .filter((folder) => !['oneroster', 'platform', 'subgraphs'].includes(folder))
        .map((folder) => `./${folder}`),
      ...subgraphs.filter((other) => other !== name).map((other) => `./subgraphs/${other}`),
    ],
    message: 'a subgraph imports oneroster, platform and what all subgraphs share; never another subgraph',
  })),
]

/** Packages that a folder must do without; the message says what to do instead. */
function without(files, packages, message) {
  const patterns = [{ group: packages.flatMap((name) => [name, `${name}/*`]), message }]
  return { files, ignores: ['**/*.test.ts'], rules: { 'no-restricted-imports': ['error', { patterns }] } }
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.rosterhub/', '**/*.generated.ts'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [resolveSibling()] },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: root, zones }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      // Rows and documents come as `any` from pg, JSON.parse and GraphQL; they are given a type where they enter.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // Objects of functions, none of which uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Input is `unknown` until it is checked, and is turned to text to be checked.
      '@typescript-eslint/no-base-to-string': 'off',
      // Says of some assertions that they are unnecessary which the compiler needs.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // An interface may ask for a promise where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'read the environment in platform/config.ts' },
      ],
    },
  },
  {
    // Programs that start other programs hand their environment on; log and metrics work before the configuration is read;
    // the worker knows a variable for fault tests.
    files: [
      'scripts/**',
      'test/**',
      'bench/**',
      'sample/**',
      '**/*.test.ts',
      'platform/{config,log,metrics}.ts',
      'subgraphs/imports/worker.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // Answers are looked at as they come.
    files: ['test/**', 'bench/**', '**/*.test.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off', '@typescript-eslint/restrict-template-expressions': 'off' },
  },
  without(['gateway/**/*.ts', 'rest-facade/**/*.ts'], ['pg', 'typeorm', 'bee-queue'], 'no database and no queue here'),
  without(
    ['subgraphs/imports/pipeline/**/*.ts'],
    ['graphql', '@apollo/*', 'express', 'bee-queue'],
    'the pipeline knows neither GraphQL nor HTTP nor the queue',
  ),
  without(
    ['oneroster/**/*.ts'],
    ['pg', 'node:fs', 'node:http', 'express', 'ioredis'],
    'no input or output of any kind',
  ),
  { files: ['**/*.cjs', '**/*.mjs'], extends: [tseslint.configs.base] },
)

/** Imports of ours are relative and without an extension: that is all the resolution the path rule needs. */
function resolveSibling() {
  return {
    interfaceVersion: 3,
    name: 'rosterhub',
    resolve: (specifier, file) =>
      specifier.startsWith('.')
        ? { found: true, path: path.resolve(path.dirname(file), `${specifier}.ts`) }
        : { found: false },
  }
}
