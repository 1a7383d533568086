// What is logged is written, however soon after it the process ends.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import test from 'node:test'
import { follow } from '../support/process.ts'

const count = 1000

for (const [how, end] of [
  ['by its own will', 'process.exit(0)'],
  ['as there is nothing left to do', ''],
  ['by an error', "process.on('uncaughtException', () => process.exit(1)); throw new Error('on purpose')"],
] as const)
  test(`all lines are written in order when the process ends ${how}`, async (t) => {
    const script = `
      const { createLog } = await import(${JSON.stringify(resolve('src/telemetry/log.ts'))})
      const log = createLog('info')
      for (let n = 0; n < ${count}; n++) log.info({ n }, 'request')
      ${end}`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { output, ended } = follow(t, child)

    await ended()

    const lines = output().trim().split('\n')
    const numbers = lines.map((line) => (JSON.parse(line) as { n: number }).n)
    assert.deepEqual(
      numbers,
      Array.from({ length: count }, (_, n) => n),
    )
  })
