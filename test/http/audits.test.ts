import assert from 'node:assert/strict'
import test from 'node:test'
import { serverAudits } from 'graphql-http'
import { startGateway, type Gateway } from '../support/gateway.ts'

// By id, so that none disappears with a new version of graphql-http.
const required = {
  MUST: '0220 0221 0222 03D4 13EE 1B7A 28B9 2C94 4655 78D5 82A3 B8B3 BF61',
  SHOULD:
    '22EB 2EA1 34A2 428F 47DE 51FE 556A 572B 5E5B 74FF 7B9B 80D8 8161 865D 86EE 94B0 94B1 94B2 9ABE B7N8 BCF8 D586 FDE2',
}

for (const { who, environment, authorized } of [
  { who: 'AUTH=off', environment: { AUTH: 'off' }, authorized: false },
  { who: 'AUTH=on, the explorer on, and no token', environment: { EXPLORER: 'on' }, authorized: false },
  { who: 'AUTH=on, the explorer on, and a token', environment: { EXPLORER: 'on' }, authorized: true },
])
  test(`with ${who}, every MUST and SHOULD of GraphQL over HTTP holds`, async (t) => {
    const gateway = await startGateway(t, { environment })

    const outcomes = await audit(gateway, authorized)

    const failed = outcomes.filter(({ level, status }) => level !== 'MAY' && status !== 'ok')
    assert.deepEqual(failed, [])
    for (const level of ['MUST', 'SHOULD'] as const) {
      const ids = outcomes.filter((one) => one.level === level).map(({ id }) => id)
      assert.deepEqual(ids.sort(), required[level].split(' '))
    }
  })

test('with a token, every MAY of GraphQL over HTTP holds too', async (t) => {
  const gateway = await startGateway(t, { environment: { EXPLORER: 'on' } })

  const outcomes = await audit(gateway, true)

  assert.deepEqual(
    outcomes.filter(({ status }) => status !== 'ok'),
    [],
  )
  assert.equal(outcomes.length, 61)
})

async function audit({ url, token }: Gateway, authorized: boolean) {
  const headers: Record<string, string> = authorized
    ? { authorization: `Bearer ${await token('twinning:read')}` }
    : {}
  const audits = serverAudits({
    url: `${url}/graphql`,
    fetchFn: (target: string, { headers: given, ...rest }: { headers?: object } = {}) =>
      fetch(target, { ...rest, headers: { ...headers, ...given } }),
  })
  const outcomes: { id: string; level: string; name: string; status: string; reason: string | undefined }[] =
    []
  // One after the other, as sixty at once would tell nothing of any of them.
  for (const { id, name, fn } of audits) {
    const result = await fn()
    const reason = 'reason' in result ? result.reason : undefined
    outcomes.push({ id, level: name.split(' ')[0] ?? '', name, status: result.status, reason })
  }
  return outcomes
}
