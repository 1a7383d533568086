import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the audit makes of an npm that says this and ends with 1, as npm does for findings and failures alike. */
function audit(t: TestContext, says: string) {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'says'), says)
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\ncat '${join(folder, 'says')}'\nexit 1\n`, { mode: 0o755 })
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/audit.ts')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
  })
  return { status, stdout, stderr }
}

const report = (high: number, critical: number) =>
  JSON.stringify({
    auditReportVersion: 2,
    metadata: { vulnerabilities: { low: 1, moderate: 3, high, critical } },
  })

for (const [title, says, said] of [
  [
    'does not offer it',
    '{"message": "405 Method Not Allowed\\nPOST", "error": {}}',
    /405 Method Not Allowed\)$/,
  ],
  ['says nothing of use', '<html>', /\(no report\)$/],
] as const)
  test(`an audit by a registry that ${title} says so in one line, and stops nothing`, (t) => {
    const { status, stdout } = audit(t, says)

    assert.equal(status, 0)
    assert.match(stdout.trimEnd(), /^audit: not done, .*$/)
    assert.match(stdout.trimEnd(), said)
  })

for (const [high, critical] of [
  [1, 0],
  [0, 2],
] as const)
  // prettier-ignore
  test(`${high} high and ${critical} critical findings fail the audit`, (t) => {
    const { status, stderr } = audit(t, report(high, critical))

    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`audit: ${critical} critical and ${high} high vulnerabilities`))
  })

test('an audit without high or critical findings passes', (t) => {
  const { status, stdout } = audit(t, report(0, 0))

  assert.deepEqual([status, stdout], [0, 'audit: no high or critical vulnerability is known\n'])
})
