// Commands of the documents, as a person pastes them. The comment in front of a block says what is done with it:
//   run, run: TEXT         it is run, and must print the text
//   run until: TEXT        it goes on by itself; the text must come by the time the page is at its end
//   run by FILE            that test runs it
//   not run: REASON
import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parse } from 'graphql'
import { blocksOf, openShell, play, sectionOf, variablesOf, type Block } from '../support/documents.ts'
import { listening, start } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const pages = globSync('**/*.md', { exclude: (path) => /(^|\/)node_modules$/.test(path) })
const isShell = ({ language }: Block) => ['', 'sh', 'bash', 'shell', 'console', 'zsh'].includes(language)
const isRunHere = ({ mark = '' }: Block) => /^run($|:| until:)/.test(mark)

const analysts = 'docs/analysts.md'
const [beforeTheStream = ''] = readFileSync(analysts, 'utf8').split(/^## A stream of changes$/m)
const operatorsAlone = '### The operators alone'

// In front of a gateway with its sandbox: what a test has to look at, or to put there first, beside the page itself.
type Played = { blocks: Block[]; before?: (folder: string) => void; after?: (folder: string) => void }
const played: Record<string, Played> = {
  'docs/partners.md': { blocks: blocksOf('docs/partners.md') },
  [analysts]: {
    blocks: blocksOf(analysts, beforeTheStream),
    after: (folder) => assert.match(readFileSync(join(folder, 'twinnings.csv'), 'utf8'), /^device,id,role,/),
  },
  'docs/clients.md': {
    blocks: blocksOf('docs/clients.md'),
    after: (folder) =>
      assert.deepEqual(readdirSync(join(folder, '../my-app/src/twinning')).sort(), [
        'codegen.yml',
        'fragments.graphql',
        'schema.graphql',
      ]),
  },
  'docs/trusted-documents.md': {
    blocks: blocksOf('docs/trusted-documents.md'),
    before: (folder) => {
      mkdirSync(join(folder, '../web/src'), { recursive: true })
      writeFileSync(join(folder, '../web/src/mine.graphql'), 'query Mine { twinningDevice { address } }')
    },
    after: (folder) => assert.match(readFileSync(join(folder, 'documents.json'), 'utf8'), /query Mine/),
  },
  'docs/gateways/apollo-gateway.md': {
    blocks: blocksOf('docs/gateways/apollo-gateway.md'),
    after: (folder) => {
      const sdl = readFileSync(join(folder, 'twinning.graphql'), 'utf8')
      assert.ok(parse(sdl).definitions.length > 20)
      assert.doesNotMatch(sdl, /@requiresScopes/)
    },
  },
  'docs/gateways/hive-gateway.md': {
    blocks: blocksOf('docs/gateways/hive-gateway.md'),
    after: (folder) =>
      assert.match(readFileSync(join(folder, 'twinning.graphql'), 'utf8'), /@requiresScopes/),
  },
  'docs/gateways/apollo-router.md': {
    blocks: blocksOf('docs/gateways/apollo-router.md'),
    after: (folder) => assertComposes(folder, 'apollo-router/supergraph.yaml'),
  },
  'docs/gateways/cosmo-router.md': {
    blocks: blocksOf('docs/gateways/cosmo-router.md'),
    after: (folder) => assertComposes(folder, 'cosmo-router/graph.yaml'),
  },
  'docs/security-callers.md': { blocks: blocksOf('docs/security-callers.md') },
}

test('every marked command of a page does in a shell what the page says', async (t) => {
  const folder = checkout(t)
  const redis = await startRedis(t)
  const started = start(t, { REDIS_URL: redis.url })
  await listening(started)
  await until('the banner is complete', () => started.output().includes('Ctrl-C stops it all'), 15_000)
  const env = { ...readersEnvironment(folder), ...variablesOf(started.output()), REDIS_URL: redis.url }

  for (const [page, { blocks, before, after }] of Object.entries(played))
    await t.test(page, async (t) => {
      assert.ok(blocks.some(isRunHere))
      before?.(folder)
      await play(openShell(t, folder, env), blocks)
      after?.(folder)
    })
})

test('the sandbox starts, and faults are scripted at an operator of it, as the README says', async (t) => {
  const folder = checkout(t)
  const env = readersEnvironment(folder)
  const [begin, ...blocks] = blocksOf('README.md', sectionOf('README.md', operatorsAlone))

  // Its own ports may be taken here.
  const shell = openShell(t, folder, env)
  const printed = shell.runOn(`${begin?.code.trim()} -- --port 0`)
  await until('the sandbox is up', () => /Ctrl-C/.test(printed()), 15_000)
  const variables = variablesOf(printed())
  await play(openShell(t, folder, { ...env, ...variables }), blocks)

  const { status } = await fetch(`${variables.ALPHA_URL}/exampleAPI/twinning/v1/tel%3A%2B15550100/twinnings`)
  assert.ok(blocks.some(isRunHere))
  assert.equal(status, 503)
})

test('of every command in a document it is said which test runs it, or why none does', () => {
  const elsewhere = ['README.md', analysts]
  for (const block of pages.flatMap((page) => blocksOf(page)).filter(isShell)) {
    const { where, mark = '' } = block
    const page = where.replace(/:\d+$/, '')
    const [, runner] = /^run by (\S+)$/.exec(mark) ?? []
    if (isRunHere(block)) assert.ok(page in played || elsewhere.includes(page), `${where}: nobody runs it`)
    else if (runner) assert.ok(existsSync(runner), `${where}: there is no ${runner}`)
    else
      assert.match(
        mark,
        /^not run: \S/,
        `${where}: say in a comment in front of it how it is run, or why not`,
      )
  }
})

test('every script of npm, and every file, that a document speaks of is there', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }
  const demo = JSON.parse(readFileSync('demo/package.json', 'utf8')) as { scripts: object }
  const known = new Set([...Object.keys(scripts), ...Object.keys(demo.scripts)])
  for (const page of pages) {
    const text = readFileSync(page, 'utf8')
    for (const [call, name = ''] of text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g))
      assert.ok(known.has(name), `${page}: ${call}`)
    // From the top, or from the page's own folder; `demo/dist/` is built.
    for (const [, path = ''] of text.matchAll(
      /`((?:src|test|scripts|schema|client|docs|demo|deploy|examples)\/[\w/.-]*)`/g,
    ))
      assert.ok(
        [path, join(dirname(page), path)].some((place) => existsSync(place)),
        `${page}: ${path}`,
      )
  }
})

test('the README says what lives in each folder of the source', () => {
  const readme = readFileSync('README.md', 'utf8')
  for (const folder of globSync('src/*/'))
    assert.ok(readme.includes(`\`${folder.replace(/\/?$/, '/')}\``), folder)
})

/** A composer's file names schemas that lie there. */
function assertComposes(folder: string, file: string): void {
  const path = join(folder, 'examples/federation', file)
  const schemas = [...readFileSync(path, 'utf8').matchAll(/^ *file: (\S+)$/gm)].map(([, name = '']) => name)
  assert.ok(schemas.length >= 2)
  for (const schema of schemas) parse(readFileSync(resolve(path, '..', schema), 'utf8'))
}

/** A folder that looks like a checkout; what commands write into it is removed with it. */
function checkout(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'reader-'))
  t.after(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'twinning-gateway')
  mkdirSync(folder)
  for (const name of readdirSync('.').filter((name) => !name.startsWith('.') && name !== 'examples'))
    symlinkSync(resolve(name), join(folder, name))
  // Into this folder commands write.
  cpSync('examples', join(folder, 'examples'), {
    recursive: true,
    filter: (path) => !path.endsWith('node_modules'),
  })
  return folder
}

function readersEnvironment(folder: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: resolve(folder, '..') }
}
