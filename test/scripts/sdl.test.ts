import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/sdl.ts', import.meta.url))

for (const { title, environment, argument, isFull } of [
  { title: 'as .env says', environment: {}, argument: [], isFull: false },
  {
    title: 'as the environment says before .env',
    environment: { SDL_TARGET: 'full' },
    argument: [],
    isFull: true,
  },
  { title: 'as the argument says before both', environment: {}, argument: ['full'], isFull: true },
])
  test(`the SDL is printed ${title}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sdl-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, '.env'), 'SDL_TARGET=plain\n')

    const sdl = execFileSync(process.execPath, [script, ...argument], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    })

    assert.match(sdl, /type Query/)
    assert.equal(sdl.includes('@requiresScopes'), isFull)
  })
