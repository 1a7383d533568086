import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test from 'node:test'
import { findBreakingChanges, findUnnamed } from '../../scripts/schemaChanges.ts'
import { readSchema, sdlOf } from '../../src/graphql/sdl.ts'

const sdl = sdlOf(readSchema(), 'full')

/** The paths of what breaks when this stands in place of that. */
async function pathsOf(that: string, replacement: string): Promise<string[]> {
  assert.ok(sdl.includes(that), that)
  return (await findBreakingChanges(sdl, sdl.replaceAll(that, replacement))).map(({ path }) => path)
}

const both = '@tag(name: "partner") @tag(name: "analytics")'

for (const [what, that, replacement, paths] of [
  ['a removed field', 'totalCount: Int!', 'total: Int!', ['TwinningConnection.totalCount']],
  ['a field that may be null now', 'totalCount: Int!', 'totalCount: Int', ['TwinningConnection.totalCount']],
  [
    'a new required argument',
    'role: TwinningRole\n',
    'role: TwinningRole\n    sort: Int!\n',
    ['Device.twinnings.sort'],
  ],
  ['a removed enum value', 'CONFLICT\n', 'CONFLICTING\n', ['UserErrorCode.CONFLICT']],
  ['an input field that is required now', 'input ActivateTwinningInput @tag(name: "partner") {', 'input ActivateTwinningInput @tag(name: "partner") { pin: Int!', ['ActivateTwinningInput.pin']], // prettier-ignore
  ['a type that is no entity any more', `type Device @key(fields: "address") ${both}`, `type Device ${both}`, ['_Entity', 'Device.@key']], // prettier-ignore
  [
    'a lost tag',
    `type VoicemailAccess @tag(name: "partner")`,
    'type VoicemailAccess',
    ['VoicemailAccess.@tag'],
  ],
  ['another scope', '[["twinning:voicemail"]]', '[["twinning:voice"]]', ['SecondaryTwinning.voicemailAccess.@requiresScopes']], // prettier-ignore
  ['a new scope', 'authCode: String', 'authCode: String @requiresScopes(scopes: [["codes"]])', ['SecondaryTwinning.authCode.@requiresScopes']], // prettier-ignore
  ['a key that leads nowhere', 'type Device @key(fields: "address")', 'type Device @key(fields: "address", resolvable: false)', ['Device.@key']], // prettier-ignore
  ['a page whose size must be said, for routers', 'requireOneSlicingArgument: false', 'requireOneSlicingArgument: true', ['Device.twinnings.@listSize']], // prettier-ignore
] as const)
  test(`${what} breaks somebody`, async () => {
    assert.deepEqual((await pathsOf(that, replacement)).sort(), [...paths].sort())
  })

for (const [what, that, replacement] of [
  ['a new field', '  totalCount: Int!\n', '  totalCount: Int!\n  more: Int\n'],
  ['a new optional argument', 'role: TwinningRole\n', 'role: TwinningRole\n    sort: Int\n'],
  ['another description', 'Reading.', 'To be read.'],
  ['another cost', '@cost(weight: 10)', '@cost(weight: 20)'],
  ['a new tag', 'authCode: String', 'authCode: String @tag(name: "partner")'],
] as const)
  test(`${what} breaks nobody`, async () => {
    assert.deepEqual(await pathsOf(that, replacement), [])
  })

test('what breaks must be named in the newest section of the changelog, as code', () => {
  const changes = ['Query.a', 'Query.b', 'Query.c'].map((path) => ({ path, message: '' }))
  const changelog =
    '# Changelog\n\n## Unreleased\n\n- `Query.a` is gone; Query.b too.\n\n## 0.1.0\n\n- `Query.c`\n'

  assert.deepEqual(
    findUnnamed(changes, changelog).map(({ path }) => path),
    ['Query.b', 'Query.c'],
  )
  assert.deepEqual(findUnnamed(changes, '# Changelog\n\n## 1.0.0\n`Query.a` `Query.b` `Query.c`'), [])
})

test('nothing has broken since the last release that is not named', () => {
  const printed = execFileSync(process.execPath, ['scripts/check-schema.ts'], { encoding: 'utf8' })

  assert.match(printed, /^schema: \d+ breaking changes since \d+\.\d+\.\d+, 0 of them unnamed\n$/)
})
