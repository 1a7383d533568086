// The gateway's series, the page that lists them and the dashboard that shows them have the same names.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { createMetrics } from '../../src/telemetry/metrics.ts'

/** The type of each series, by its name, as the gateway has them. */
async function served(): Promise<Map<string, string>> {
  const metrics = createMetrics()
  try {
    const text = await metrics.text()
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    return new Map(types.map(([, name = '', type = '']) => [name, type]))
  } finally {
    metrics.close()
  }
}

test('the page lists every series by its name and type, and no other', async () => {
  const rows = [
    ...readFileSync('docs/metrics.md', 'utf8').matchAll(
      /^\| `((?:twinning|http_server)_\w+)` +\| (\w+) +\|/gm,
    ),
  ].map(([, name, type]) => `${name} ${type}`)
  const series = [...(await served())].map(([name, type]) => `${name} ${type}`)

  assert.ok(series.length > 15)
  assert.deepEqual(rows.sort(), series.sort())
})

test('the dashboard shows every series, and none that there is not', async () => {
  const text = readFileSync('deploy/grafana/dashboard.json', 'utf8')
  JSON.parse(text)
  const shown = [...text.matchAll(/\b(?:twinning|http_server)_\w+?(?=_bucket\b|_count\b|_sum\b|\b)/g)].map(
    ([name]) => name,
  )

  assert.deepEqual([...new Set(shown)].sort(), [...(await served()).keys()].sort())
})

test('labels in the dashboard are labels of its series', () => {
  const page = readFileSync('docs/metrics.md', 'utf8')
  const labelsOf = new Map(
    [...page.matchAll(/^\| `((?:twinning|http_server)_\w+)` +\| \w+ +\| ([^|]*?) *\|/gm)].map(
      ([, name = '', labels = '']) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)],
    ),
  )
  const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboard.json', 'utf8')) as {
    panels: { targets: { expr: string }[] }[]
  }

  for (const { expr } of panels.flatMap(({ targets }) => targets)) {
    const name = /(?:twinning|http_server)_\w+?(?=[{[]|_bucket[{[]|_count[{[])/.exec(expr)?.[0] ?? ''
    const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? []
    for (const label of grouped.filter((one) => one !== 'le'))
      assert.ok(labelsOf.get(name)?.includes(label), `${name} has no label ${label}`)
  }
})
