// What docs/analysts.md says of the stream of changes, as a person pastes it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import test from 'node:test'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { variablesOf } from '../support/documents.ts'
import { listening, start } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { key, openClient, readStream } from './support.ts'

const run = promisify(execFile)
const [, section = ''] = readFileSync('docs/analysts.md', 'utf8').split(/^## A stream of changes$/m)

test('every marked command does in a shell what the page says, and the table has the fields that there are', async (t) => {
  const redis = await startRedis(t)
  const started = start(t, { REDIS_URL: redis.url, CHANGE_STREAM: key })
  await listening(started)
  await until('the banner is complete', () => started.output().includes('Ctrl-C stops it all'), 15_000)
  const commands = [...section.matchAll(/^<!-- run: (.*) -->\n+```sh\n([^]*?)^```$/gm)]
  const end = '--- end of a command ---'
  const script = commands.map(([, , command]) => `${command}\necho '${end}'\n`).join('')

  const { stdout, stderr } = await run('sh', ['-euc', script], {
    env: {
      PATH: process.env.PATH ?? '',
      ...variablesOf(started.output()),
      REDIS_URL: redis.url,
    },
    timeout: 30_000,
  })

  assert.equal(stderr, '')
  const printed = stdout.split(`${end}\n`)
  assert.ok(commands.length >= 7)
  for (const [i, [, prints = '', command]] of commands.entries())
    assert.ok(printed[i]?.includes(prints), `${command} printed ${printed[i]}, not ${prints}`)
  const client = openClient(t, redis.url)
  const fields = [...section.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
  assert.deepEqual(Object.keys((await readStream(client))[0] ?? {}), fields)
  const [[first] = []] = await client.xrange(key, '-', '+', 'COUNT', 1)
  assert.ok(!JSON.stringify(await client.xpending(key, 'warehouse')).includes(first ?? ''))
  await client.set('cached', 'tel:+15550100')
  const warehouse = new Redis(redis.url, { username: 'warehouse', password: 'a-secret' })
  t.after(() => warehouse.disconnect())
  await assert.rejects(warehouse.get('cached'), /NOPERM/)
  await assert.rejects(warehouse.xread('STREAMS', 'other', '0'), /NOPERM/)
  await assert.rejects(warehouse.subscribe('twinning-gateway:1:evicted'), /NOPERM/)
})

test('the query of the page names the writers whose numbers have holes, and no entry that came twice', () => {
  const [, query = ''] = /^```sql\n([^]*?)^```$/m.exec(section) ?? []
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE changes (writer TEXT, number INTEGER)')
  const insert = database.prepare('INSERT INTO changes VALUES (?, ?)')
  for (const [writer, numbers] of Object.entries({ whole: [1, 2, 2, 3], hole: [1, 2, 5], late: [3, 4] }))
    for (const number of numbers) insert.run(writer, number)

  const found = database.prepare(query).all()

  assert.deepEqual(found.map(({ writer, missing }) => [writer, missing]).sort(), [
    ['hole', 2],
    ['late', 2],
  ])
})
