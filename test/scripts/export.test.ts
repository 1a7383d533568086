import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test, type TestContext } from 'node:test'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { csvField } from '../../scripts/export/rows.ts'
import { startGateway } from '../support/gateway.ts'
import { seedMany } from '../support/twinnings.ts'
import { until } from '../support/until.ts'

const alphas = Array.from({ length: 12 }, (_, n) => `tel:+15550${String(200 + n)}`)
const beta = 'tel:+15560300'

test('csv and ndjson hold every twinning, masked and without names', async (t) => {
  const { run, sandbox, path } = await prepare(t, [alphas[0]!, beta])
  seedMany(sandbox.operators.alpha, alphas[0]!, 130)
  sandbox.operators.beta.seed({ ownAddress: beta, name: '=myWatch' })

  const csv = await run('--format', 'csv', '--out', path('out.csv'))
  const ndjson = await run('--format', 'ndjson')

  assert.equal(csv.code, 0, csv.errors)
  const lines = readFileSync(path('out.csv'), 'utf8').split('\r\n')
  assert.equal(lines[0], 'device,id,role,twinningStatus,otherDevice,ownAddress')
  assert.equal(lines.length, 1 + 131 + 1)
  assert.match(lines[1]!, /^tel:\+1555\*+00,'?[\w-]+,(PRIMARY|SECONDARY),/)
  const rows = ndjson.output.trim().split('\n').map((line) => JSON.parse(line) as Record<string, string>) // prettier-ignore
  assert.equal(new Set(rows.map(({ id }) => id)).size, 131)
  for (const text of [lines.join('\n'), ndjson.output, csv.errors, ndjson.errors])
    assert.doesNotMatch(text, /\+1555020|\+1556030|myWatch|tw-1/)
  assert.match(csv.errors, /2 devices with 131 twinnings, 0 devices failed/)
  assert.equal(statSync(path('out.csv')).mode & 0o077, 0)
})

test('--clear gives names and addresses as far as the token allows', async (t) => {
  const { run, sandbox, path, gateway } = await prepare(t, [beta])
  sandbox.operators.beta.seed({ ownAddress: beta, name: '=my, "Watch"' })

  const portal = await run('--clear')
  writeFileSync(path('token'), `${await gateway.token('twinning:analytics')}\n`)
  const analyst = await run('--clear', '--token-file', path('token'), '--format', 'ndjson')

  assert.match(portal.output, /^device,.*,name,otherName\r\ntel:\+15560300,/)
  assert.ok(portal.output.includes(`,"'=my, ""Watch""",`), portal.output)
  assert.match(analyst.output, /"ownAddress":"tel:\+1556\*+00","name":null/)
})

test('parquet holds the same rows', async (t) => {
  const { run, sandbox, path } = await prepare(t, [alphas[0]!, beta])
  seedMany(sandbox.operators.alpha, alphas[0]!, 30)

  const parquet = await run('--format', 'parquet', '--out', path('out.parquet'))
  const ndjson = await run('--format', 'ndjson')

  assert.equal(parquet.code, 0, parquet.errors)
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path('out.parquet')) })
  assert.deepEqual(rows, ndjson.output.trim().split('\n').map((line) => JSON.parse(line) as unknown)) // prettier-ignore
})

for (const format of ['csv', 'ndjson', 'parquet'])
  test(`after SIGKILL, ${format} comes to the same bytes as in one go`, async (t) => {
    const { run, start, sandbox, path } = await prepare(t, ['no address', ...alphas])
    for (const address of alphas) seedMany(sandbox.operators.alpha, address, 3, address.slice(-3))
    const args = (out: string) => ['--format', format, '--batch', '2', '--out', path(out)]
    assert.equal((await run(...args('whole'))).code, 0)

    const broken = start(...args('out'), '--rate', '10')
    await until('it has begun', () => reached(path('out.checkpoint')) > 2)
    broken.child.kill('SIGKILL')
    await broken.ended
    const at = reached(path('out.checkpoint'))
    assert.ok(at < 13, String(at))
    // What was on its way when it was killed.
    const data = format === 'parquet' ? path('out.part') : path('out')
    writeFileSync(data, 'half a li', { flag: 'a' })
    const second = await run(...args('out'))
    const third = await run(...args('out'))

    assert.deepEqual([second.code, third.code], [0, 0], second.errors)
    assert.match(second.errors, new RegExp(`goes on after line ${at}`))
    assert.deepEqual(readFileSync(path('out')), readFileSync(path('whole')))
    assert.equal(readFileSync(path('out.rejects'), 'utf8'), '1\tno address\n')
  })

test('what SIGINT has stopped goes on only with the same input and settings', async (t) => {
  const { run, start, path } = await prepare(t, alphas)
  const args = ['--batch', '2', '--out', path('out')]
  const broken = start(...args, '--rate', '5')
  await until('it has begun', () => reached(path('out.checkpoint')) > 0)
  broken.child.kill('SIGINT')

  assert.equal((await broken.ended).code, 3)
  assert.match((await run(...args, '--clear')).errors, /was begun as csv, masked/)
  writeFileSync(path('addresses'), alphas.toReversed().join('\n'))
  const other = await run(...args)
  assert.equal(other.code, 2)
  assert.match(other.errors, /other ones/)
})

test('bad lines are named by number, and stop nothing', async (t) => {
  const { run, path } = await prepare(t, ['# mine', '', beta, 'tel:abc', '  ', alphas[0]!, '=1+1'])

  const { code, errors } = await run('--out', path('out'))

  assert.equal(code, 0)
  assert.match(errors, /line 4: no address[^]*line 7: no address[^]*2 devices with 0 twinnings/)
  assert.doesNotMatch(errors, /abc/)
  assert.equal(readFileSync(path('out.rejects'), 'utf8'), '4\ttel:abc\n7\t=1+1\n')
})

test('devices whose operator is down fail alone, and can be asked for again', async (t) => {
  const { run, sandbox, path } = await prepare(t, [alphas[0]!, beta])
  sandbox.operators.alpha.seed({ ownAddress: alphas[0]! })
  sandbox.operators.beta.seed({ ownAddress: beta })
  sandbox.operators.beta.faults.add({ status: 500 })

  const first = await run('--format', 'ndjson', '--out', path('out'))
  const failed = readFileSync(path('out.failed'), 'utf8')
  const again = await run('--format', 'ndjson', '--out', path('out'), '--retry-failed')
  sandbox.operators.beta.faults.clear()
  const retried = async () =>
    (await run('--format', 'ndjson', '--out', path('out'), '--retry-failed')).code === 0
  await until('its operator is asked again', retried)
  const nothing = await run('--format', 'ndjson', '--out', path('out'))

  assert.equal(first.code, 1, first.errors)
  assert.match(failed, /^tel:\+15560300\tUPSTREAM_\w+\n$/)
  assert.equal(again.code, 1)
  assert.equal(nothing.code, 0, nothing.errors)
  assert.equal(readFileSync(path('out.failed'), 'utf8'), '')
  assert.ok(!existsSync(path('out.retrying')))
  assert.equal(readFileSync(path('out'), 'utf8').trim().split('\n').length, 2)
})

test('it keeps to its rate', async (t) => {
  const { run } = await prepare(t, alphas)
  const from = performance.now()

  const { code } = await run('--rate', '8', '--batch', '4')

  assert.equal(code, 0)
  // Eight at once, four more half a second later.
  assert.ok(performance.now() - from >= 500)
})

test('it waits as long as it is told to, and gives up where it is not let in', async (t) => {
  const asked: number[] = []
  const server = createServer((request, response) => {
    asked.push(performance.now())
    request.resume()
    const [status, body] = asked.length === 1 ? [429, { errors: [{ message: '', extensions: { code: 'RATE_LIMITED' } }] }] : [401, {}] // prettier-ignore
    response.writeHead(status, { 'retry-after': '1' }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { run } = await prepare(t, [beta])

  const { code, errors } = await run('--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

  assert.equal(code, 3)
  assert.match(errors, /access token is missing, not valid or has expired/)
  assert.equal(asked.length, 2)
  assert.ok(asked[1]! - asked[0]! >= 990)
})

test('wrong usage is explained, with exit code 2', async (t) => {
  const { run, path } = await prepare(t, [beta], { bare: true })
  const file = ['--addresses', path('addresses')]
  writeFileSync(path('there'), 'mine')
  for (const [args, said] of [
    [[], /--addresses is missing/],
    [['--addresses', path('none')], /there is no/],
    [[...file, '--format', 'xml'], /csv, ndjson, parquet/],
    [[...file, '--format', 'parquet'], /needs --out/],
    [[...file, '--batch', '501'], /at most 500/],
    [[...file, '--rate', '0'], /above 0/],
    [[...file, '--token', 'secret'], /Unknown option/],
    [[...file, '--url', 'gateway'], /http or https/],
    [[...file, '--out', path('there')], /name another file or remove it/],
    [['--retry-failed', '--out', path('new')], /no .*checkpoint/],
  ] as [string[], RegExp][]) {
    const { code, errors } = await run(...args)
    assert.equal(code, 2, errors)
    assert.match(errors, said)
  }
  assert.equal(readFileSync(path('there'), 'utf8'), 'mine')
})

test('what a spreadsheet would take for a formula is none', () => {
  assert.deepEqual(['=1', '+1', '-1', '@a', 'a=1', 'a"b', 'tel:+1'].map(csvField), [
    "'=1",
    "'+1",
    "'-1",
    "'@a",
    'a=1',
    '"a""b"',
    'tel:+1',
  ])
})

/** A gateway, a list of addresses, and the command with a portal's token. */
async function prepare(t: TestContext, lines: readonly string[], { bare = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'export-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, name)
  writeFileSync(path('addresses'), lines.join('\n'))
  const gateway = await startGateway(t, { environment: { CACHE_TTL_S: '1', CACHE_STALE_S: '0' } })
  const token = await gateway.token('twinning:read:any')
  const usual = bare ? [] : ['--url', `${gateway.url}/graphql`, '--rate', '1000']

  function start(...args: string[]) {
    const input = bare || args.includes('--retry-failed') ? [] : ['--addresses', path('addresses')]
    const child = spawn(process.execPath, [resolve('scripts/export/main.ts'), ...usual, ...input, ...args], {
      cwd: folder,
      env: { TWINNING_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => child.kill('SIGKILL'))
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output, errors }))
    return { child, ended }
  }
  return { gateway, sandbox: gateway.sandbox, path, start, run: (...args: string[]) => start(...args).ended }
}

/** The line that a checkpoint says has been reached. */
function reached(file: string): number {
  if (!existsSync(file)) return 0
  return (JSON.parse(readFileSync(file, 'utf8')) as { position: { line: number } }).position.line
}
