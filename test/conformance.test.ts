import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'

const text = readFileSync('docs/conformance.md', 'utf8')
const rows = text.split('\n').filter((line) => /^\| \d+ +\|/.test(line))
const named = [...text.matchAll(/`(test\/[\w./]+\.test\.ts)`: (.+?)(?= <br>| *\|)/g)].map((match) => ({
  file: match[1]!,
  title: match[2]!.trim(),
}))

test('every test that docs/conformance.md names exists', () => {
  const missing = named.filter(({ file, title }) => {
    const source = readFileSync(file, 'utf8')
    return !["'", '"', '`'].some((quote) => source.includes(`test(${quote}${title}${quote}`))
  })

  assert.deepEqual(missing, [])
})

test('every row of docs/conformance.md names its tests', () => {
  assert.deepEqual(
    rows.map((row) => row.split('|').at(-2)!).filter((cell) => !cell.includes('test/')),
    [],
  )
  assert.equal(rows.length, 16)
})
