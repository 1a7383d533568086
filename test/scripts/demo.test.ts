import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test, type TestContext } from 'node:test'

test('a page that is missing is built, and left alone the next time', async (t) => {
  const demo = createDemo(t)

  const first = await demo.build()
  const second = await demo.build()

  assert.deepEqual(first, { code: 0, stdout: 'Building the demo page …\n', stderr: '' })
  assert.deepEqual(second, { code: 0, stdout: '', stderr: '' })
  assert.equal(demo.built(), 'built from one')
})

test('a page is built anew when what it is made of has changed, also back', async (t) => {
  const demo = createDemo(t)
  await demo.build()

  for (const source of ['two', 'one']) {
    demo.write(source)
    await demo.build()
    assert.equal(demo.built(), `built from ${source}`)
  }
})

test('a build that fails says why, is an error, and is tried again', async (t) => {
  const demo = createDemo(t)
  demo.write('nonsense')

  const first = await demo.build()
  const second = await demo.build()

  assert.deepEqual(first, {
    code: 1,
    stdout: 'Building the demo page …\n',
    stderr: 'cannot read nonsense\nThe demo page could not be built.\n',
  })
  assert.deepEqual(second, first)
})

test('npm start goes on without a page that cannot be built', async (t) => {
  const demo = createDemo(t)
  demo.write('nonsense')

  const { code, stdout } = await demo.build('--or-go-on')

  assert.equal(code, 0)
  assert.equal(
    stdout,
    'Building the demo page …\nThe demo page could not be built. Going on without /demo; `npm run demo:build` tries again.\n',
  )
})

/** A folder whose packages are installed, with a Vite that copies the one source. */
function createDemo(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const lock = JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'demo' } } })
  mkdirSync(join(folder, 'node_modules/vite/bin'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  writeFileSync(join(folder, 'package-lock.json'), lock)
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), lock)
  writeFileSync(join(folder, 'node_modules/vite/bin/vite.js'), vite)
  const write = (source: string) => writeFileSync(join(folder, 'source'), source)
  write('one')
  return {
    write,
    built: () => readFileSync(join(folder, 'dist/index.html'), 'utf8'),
    build: async (...args: string[]) => {
      const child = spawn(process.execPath, [resolve('scripts/demo.js'), '--demo', folder, ...args])
      const [code, stdout, stderr] = await Promise.all([
        new Promise((done) => child.on('close', done)),
        child.stdout.setEncoding('utf8').toArray(),
        child.stderr.setEncoding('utf8').toArray(),
      ])
      return { code, stdout: stdout.join(''), stderr: stderr.join('') }
    },
  }
}

const vite = `const { mkdirSync, readFileSync, writeFileSync } = require('node:fs')
const source = readFileSync('source', 'utf8')
if (source === 'nonsense') {
  console.error('cannot read nonsense')
  process.exit(1)
}
mkdirSync('dist', { recursive: true })
writeFileSync('dist/index.html', 'built from ' + source)
`
