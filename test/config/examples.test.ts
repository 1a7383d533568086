// The examples that people copy, in step with the code.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { readConfig } from '../../src/config/config.ts'
import { settingNames, settings } from '../../src/config/settings.ts'
import { parseOperators } from '../../src/config/operators.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const example = parseEnv(read('.env.example'))

test('.env.example names every setting and no other, in the order of the code', () => {
  const names = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name)

  assert.deepEqual(names, settingNames)
})

test("the README's table names every setting and no other", () => {
  const [, section = ''] = read('README.md').split(/^## Settings$/m)
  const [table = ''] = section.split(/^## /m)
  const rows = table.split('\n').filter((line) => line.startsWith('|'))

  const names = [...rows.join('\n').matchAll(/`([A-Z][A-Z_]+)(?:=[^`]*)?`/g)].map(([, name]) => name)

  assert.deepEqual([...new Set(names)].sort(), [...settingNames].sort())
})

test("the README's table tells each setting's default", () => {
  const defaults: Readonly<Record<string, unknown>> = settings.parse({})
  const [, section = ''] = read('README.md').split(/^## Settings$/m)
  const rows = [...section.matchAll(/^\| (`[A-Z`, _]+`) +\| (.+?) +\|/gm)]

  const told = rows.flatMap(([, names = '', values = '']) => {
    const given = values.split(', ')
    return [...names.matchAll(/`(\w+)`/g)].map(([, name = ''], i) => [name, given[i] ?? given.at(-1)])
  })

  assert.ok(told.length > 60)
  for (const [name = '', value] of told)
    // What EXPLORER is depends on whether there are operators.
    if (name !== 'EXPLORER')
      assert.equal(value, `${(defaults[name] as string | number | undefined) ?? 'unset'}`, name)
})

test('.env.example holds the defaults: with it copied, a start is a plain start', () => {
  assert.deepEqual(readConfig(example), readConfig({}))
})

test('operators.example.json is a file of operators, once its secrets are set', () => {
  const operators = read('operators.example.json')
  const secrets = { ALPHA_CLIENT_SECRET: 'a', BETA_ACCESS_TOKEN: 'b' }

  const parsed = parseOperators(operators, secrets)

  assert.ok('operators' in parsed, JSON.stringify(parsed))
  assert.deepEqual(
    parsed.operators.map(({ id, auth }) => [id, auth.type]),
    [
      ['alpha', 'client_credentials'],
      ['beta', 'token'],
      ['gamma', 'forward'],
    ],
  )
  assert.deepEqual(parseOperators(operators, {}), {
    problems: Object.keys(secrets).map((name) => ({
      variable: 'OMA_OPERATORS_FILE',
      fault: `names $${name}, but no such variable is set`,
    })),
  })
})

test('.env.example and operators.example.json can be used together', () => {
  const file = new URL('../../operators.example.json', import.meta.url).pathname

  const read = readConfig({
    ...example,
    OMA_OPERATORS_FILE: file,
    ALPHA_CLIENT_SECRET: 'a',
    BETA_ACCESS_TOKEN: 'b',
    JWKS_URL: 'https://id.example/jwks',
  })

  assert.ok('config' in read, JSON.stringify(read))
  assert.equal(read.config.operators.length, 3)
})
