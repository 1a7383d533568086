import { existsSync } from 'node:fs'
import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

// What has packages of its own is looked at where they are: `npm run bench` and `npm run demo:build` install them.
const hasPackages = (/** @type {string} */ folder) =>
  existsSync(`${import.meta.dirname}/${folder}/node_modules`)
const peers = hasPackages('bench') ? [] : ['bench/peers/']
const demo = hasPackages('demo') ? [] : ['demo/src/', 'demo/vite.config.ts']

export default defineConfig(
  { ignores: ['**/node_modules/', '**/generated.ts', 'demo/dist/', ...peers, ...demo] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
    },
  },
  {
    // Only the process's own edges talk to a terminal.
    files: ['src/run.ts', 'src/banner.ts', 'src/sandbox/main.ts', 'scripts/**', 'examples/**', 'bench/**'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['demo/src/**'],
    // Apollo Client is told of its default options by merging declarations.
    rules: { '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }] },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Answers are read as they came; what they are is what the test asserts.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      // node:test's own test() returns a promise that its runner awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
          ],
        },
      ],
    },
  },
)
