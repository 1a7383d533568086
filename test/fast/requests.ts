// What there is to ask of the pair, and by whom.
import { phone, watch } from '../support/gateway.ts'
import type { Both } from './support.ts'

type Caller = { readonly scope: string; readonly address?: string }

const callers: Readonly<Record<string, Caller | undefined>> = {
  nobody: undefined,
  'the watch': { scope: 'twinning:read twinning:voicemail', address: watch },
  'the watch without voice mail': { scope: 'twinning:read', address: watch },
  'the phone': { scope: 'twinning:read twinning:voicemail', address: phone },
  'a portal': { scope: 'twinning:read:any twinning:voicemail' },
  'an analyst': { scope: 'twinning:analytics' },
  'a watch that counts others': { scope: 'twinning:read twinning:analytics', address: watch },
  'a caller without scopes': { scope: '' },
}

const twinning = `id role name twinningStatus ownAddress resourceURL otherDevice { address name }
  ... on SecondaryTwinning { voicemailAccess { address } }`
const plain = 'id role name twinningStatus ownAddress'

/** Everything that can be asked of the pair, good and bad; `ids`: of the watch's two twinnings and the phone's one. */
export function requests([s1 = '', s2 = '', p1 = '']: readonly string[]): Record<string, unknown> {
  const entities = (selection: string, representations: unknown[], name = 'r') => ({
    query: `query E($${name}: [_Any!]!) { _entities(representations: $${name}) { ${selection} } }`,
    variables: { [name]: representations },
  })
  const rep = (__typename: string, id: string) => ({ __typename, id })
  return {
    'one twinning': {
      query: `query ($id: ID!) { twinning(id: $id) { ${twinning} } }`,
      variables: { id: s1 },
    },
    'one that is off': { query: `{ twinning(id: "${s2}") { ${twinning} } }` },
    'several, and nonsense': {
      query: `query ($ids: [ID!]!) { twinnings(ids: $ids) { ${plain} } }`,
      variables: { ids: [s1, 'nonsense', p1, s1] },
    },
    'a device': { query: `{ twinningDevice { address twinnings { totalCount nodes { ${plain} } } } }` },
    'a named device': {
      query: `query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings(first: 1) { edges { cursor node { ${twinning} } } pageInfo { hasNextPage endCursor } } } }`,
      variables: { a: phone },
    },
    devices: {
      query: `query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { address twinnings(twinningStatus: ON) { nodes { ownDevice { address } } } } }`,
      variables: { a: [watch, phone, 'tel:+15559999'] },
    },
    statistics: {
      query: `query ($a: [DeviceAddress!]!) { twinningStatistics(addresses: $a) { devices twinnings byRole { role count } } }`,
      variables: { a: [watch, phone] },
    },
    codes: { query: `{ twinning(id: "${s1}") { id ... on SecondaryTwinning { authCode activationCode } } }` },
    entities: entities(`... on Twinning { ${plain} otherDevice { name address } }`, [
      rep('Twinning', s1),
      rep('SecondaryTwinning', s2),
      rep('PrimaryTwinning', p1),
      rep('Twinning', s1),
    ]),
    'entities by an alias and fragments': {
      query: `query E($r: [_Any!]!) { all: _entities(representations: $r) { __typename ...T ... on PrimaryTwinning { mine: name } } } fragment T on Twinning { key: id state: twinningStatus }`,
      variables: { r: [rep('Twinning', s1), rep('Twinning', p1)] },
      operationName: 'E',
    },
    'an entity of the other role': entities(`... on Twinning { ${plain} }`, [rep('PrimaryTwinning', s1)]),
    'entities, one of which is not there': entities(`... on Twinning { ${plain} }`, [
      rep('Twinning', s1),
      rep('Twinning', 'nonsense'),
    ]),
    'entities with voice mail': entities(`... on SecondaryTwinning { id voicemailAccess { address } }`, [
      rep('SecondaryTwinning', s1),
    ]),
    'entities of two kinds': entities(`... on Twinning { ${plain} } ... on Device { address }`, [
      rep('Twinning', s1),
      { __typename: 'Device', address: watch },
    ]),
    'an entity that is none': entities(`... on Twinning { ${plain} }`, [rep('Nonsense', s1)]),
    'representations with more in them': entities(`... on Twinning { ${plain} }`, [
      { ...rep('Twinning', s1), role: 'PRIMARY' },
    ]),
    'no representations': entities(`... on Twinning { ${plain} }`, []),
    'representations that are none': entities(`... on Twinning { ${plain} }`, [null, 1, 'x', []]),
    'a directive': {
      query: `query ($r: [_Any!]!, $no: Boolean!) { _entities(representations: $r) { ... on Twinning { id name @skip(if: $no) } } }`,
      variables: { r: [rep('Twinning', s1)], no: true },
    },
    'a prototype': `{"query":"query E($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id } } }","variables":{"r":[{"__typename":"Twinning","id":"${s1}","__proto__":{}}]}}`,
    'a variable too many': {
      ...entities(`... on Twinning { ${plain} }`, [rep('Twinning', s1)]),
      variables: { r: [rep('Twinning', s1)], more: 1 },
    },
    'a wrong operation name': {
      ...entities(`... on Twinning { ${plain} }`, [rep('Twinning', s1)]),
      operationName: 'Other',
    },
    'the schema': { query: '{ __typename _service { sdl } }' },
    nonsense: { query: '{ nonsense }' },
    'no JSON': '{',
    nothing: {},
  }
}

/** Each with its name and a token; `undefined` for who has none. */
export async function tokensOf({ fast }: Both): Promise<(readonly [string, string | undefined])[]> {
  const exp = Math.floor(Date.now() / 1000) + 10_000
  const tokens: (readonly [string, string | undefined])[] = []
  for (const [who, caller] of Object.entries(callers))
    tokens.push([who, caller && (await fast.token(caller.scope, caller.address, { exp }))])
  return tokens
}

/** Of the watch's two twinnings, and of the phone's one. */
export async function idsFrom({ fast }: Pick<Both, 'fast'>): Promise<string[]> {
  const token = await fast.token('twinning:read:any')
  const { data } = await fast.query(
    token,
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { nodes { id } } } }',
    { a: [watch, phone] },
  )
  const devices = data.twinningDevices as { twinnings: { nodes: { id: string }[] } }[]
  return devices.flatMap(({ twinnings }) => twinnings.nodes.map(({ id }) => id))
}
