import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import {
  clearTraffic,
  phone,
  startGateway,
  upstreamTraffic,
  watch,
  type Gateway,
} from '../support/gateway.ts'
import { seedMany } from '../support/twinnings.ts'

type Page = {
  edges: { cursor: string; node: { name: string } }[]
  nodes: { name: string }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  totalCount: number
}

const document = `query ($first: Int, $after: String, $last: Int, $before: String, $status: TwinningStatus) {
  twinningDevice { twinnings(first: $first, after: $after, last: $last, before: $before, twinningStatus: $status) {
    edges { cursor node { name } } nodes { name } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }
}`

/** A gateway before a watch with twinnings named tw-1, tw-2, …; nothing of it is cached. */
async function startPaging(t: TestContext, count: number) {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  seedMany(beta, watch, count)
  beta.settings.cacheControl = 'no-store'
  const token = await gateway.token('twinning:read', watch)
  const ask = (page: object) => gateway.query(token, document, page)
  const page = async (wanted: object): Promise<Page> => {
    const { data, errors } = await ask(wanted)
    assert.deepEqual(errors, [])
    return data.twinningDevice.twinnings as Page
  }
  /** The cursor at one of them. */
  const at = async (name: string): Promise<string> => {
    const { edges } = await page({ first: 100 })
    return edges.find(({ node }) => node.name === name)!.cursor
  }
  return { gateway, beta, ask, page, at }
}

const names = ({ nodes }: Page) => nodes.map(({ name }) => Number(name.slice('tw-'.length)))
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

// Of 30 twinnings; cursors are given by the number of the twinning that they stand at.
const pages: [string, Record<string, number>, number[], { next: boolean; previous: boolean }][] = [
  ['no arguments give the first 20', {}, range(1, 20), { next: true, previous: false }],
  ['the first three', { first: 3 }, [1, 2, 3], { next: true, previous: false }],
  ['three after the 10th', { first: 3, after: 10 }, [11, 12, 13], { next: true, previous: true }],
  ['20 after the 5th, where only after is given', { after: 5 }, range(6, 25), { next: true, previous: true }],
  ['what is left after the 28th', { first: 3, after: 28 }, [29, 30], { next: false, previous: true }],
  ['nothing after the last', { first: 3, after: 30 }, [], { next: false, previous: true }],
  ['the last three', { last: 3 }, [28, 29, 30], { next: false, previous: true }],
  ['three before the 10th', { last: 3, before: 10 }, [7, 8, 9], { next: true, previous: true }],
  ['what is left before the third', { last: 5, before: 3 }, [1, 2], { next: true, previous: false }],
  ['nothing before the first', { last: 5, before: 1 }, [], { next: true, previous: false }],
  [
    'the last 20 before the 25th, where only before is given',
    { before: 25 },
    range(5, 24),
    { next: true, previous: true },
  ],
  [
    'the first two between the 5th and the 9th',
    { first: 2, after: 5, before: 9 },
    [6, 7],
    { next: true, previous: true },
  ],
  [
    'the last two between the 5th and the 9th',
    { last: 2, after: 5, before: 9 },
    [7, 8],
    { next: true, previous: true },
  ],
  ['all between the 5th and the 9th', { after: 5, before: 9 }, [6, 7, 8], { next: true, previous: true }],
  [
    'nothing between the 9th and the 5th',
    { first: 5, after: 9, before: 5 },
    [],
    { next: true, previous: true },
  ],
  ['all at once', { first: 100 }, range(1, 30), { next: false, previous: false }],
  ['all at once from behind', { last: 100 }, range(1, 30), { next: false, previous: false }],
  ['an empty page at the front', { first: 0 }, [], { next: true, previous: false }],
  ['an empty page at the back', { last: 0 }, [], { next: false, previous: true }],
  ['an empty page after the 10th', { first: 0, after: 10 }, [], { next: true, previous: true }],
]
for (const [what, { after, before, ...sizes }, expected, { next, previous }] of pages)
  test(`a page: ${what}`, async (t) => {
    const { page, at, gateway } = await startPaging(t, 30)
    const cursors = {
      ...(after !== undefined && { after: await at(`tw-${after}`) }),
      ...(before !== undefined && { before: await at(`tw-${before}`) }),
    }
    clearTraffic(gateway.sandbox)

    const answer = await page({ ...sizes, ...cursors })

    assert.deepEqual(names(answer), expected)
    assert.deepEqual(
      answer.edges.map(({ node }) => node),
      answer.nodes,
    )
    assert.deepEqual(answer.pageInfo, {
      hasNextPage: next,
      hasPreviousPage: previous,
      startCursor: answer.edges[0]?.cursor ?? null,
      endCursor: answer.edges.at(-1)?.cursor ?? null,
    })
    assert.equal(answer.totalCount, 30)
    assert.equal(upstreamTraffic(gateway.sandbox).length, 1)
  })

for (const [way, size, cursor, edge, more] of [
  ['forward', 'first', 'after', 'endCursor', 'hasNextPage'],
  ['backward', 'last', 'before', 'startCursor', 'hasPreviousPage'],
] as const)
  test(`pages lead ${way} through everything, once`, async (t) => {
    const { page } = await startPaging(t, 23)

    const seen: number[][] = []
    for (let info: Page['pageInfo'] | undefined; info?.[more] ?? true;) {
      const answer = await page({ [size]: 7, ...(info && { [cursor]: info[edge] }) })
      seen.push(names(answer))
      info = answer.pageInfo
    }

    assert.deepEqual(
      seen,
      way === 'forward'
        ? [range(1, 7), range(8, 14), range(15, 21), [22, 23]]
        : [range(17, 23), range(10, 16), range(3, 9), [1, 2]],
    )
  })

test('a device without twinnings has one empty page', async (t) => {
  const { page } = await startPaging(t, 0)

  assert.deepEqual(await page({}), {
    edges: [],
    nodes: [],
    totalCount: 0,
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  })
})

test('totalCount and the pages around count what the filter leaves', async (t) => {
  const { page, beta } = await startPaging(t, 10)
  for (const n of [2, 5, 9])
    beta.seed({ ownAddress: watch, id: `tw-${n}`, name: `tw-${n}`, twinningStatus: 'Off' })

  const first = await page({ first: 2, status: 'OFF' })
  const second = await page({ first: 2, status: 'OFF', after: first.pageInfo.endCursor })

  assert.deepEqual([names(first), first.totalCount, first.pageInfo.hasNextPage], [[2, 5], 3, true])
  assert.deepEqual([names(second), second.totalCount, second.pageInfo.hasNextPage], [[9], 3, false])
  assert.equal(second.pageInfo.hasPreviousPage, true)
})

/** The list as an operator gives it from now on. */
function relist(beta: Gateway['sandbox']['operators']['beta'], numbers: number[]): void {
  const twinning = numbers.map((n) => {
    const resourceURL = `${beta.serverRoot}/twinning/v1/x/twinnings/tw-${n}`
    return { role: 'Secondary', twinningStatus: 'On', ownAddress: watch, resourceURL, name: `tw-${n}` }
  })
  beta.faults.clear()
  beta.faults.add({ body: { twinningList: { twinning } } })
}

const changes: [string, number[], Record<'after' | 'before', number[]>][] = [
  ['two came in front', [90, 91, ...range(1, 10)], { after: [6, 7], before: [3, 4] }],
  ['one came right behind the cursor', [1, 2, 3, 4, 5, 90, 6, 7], { after: [90, 6], before: [3, 4] }],
  ['one came right before the cursor', [1, 2, 3, 4, 90, 5, 6, 7], { after: [6, 7], before: [4, 90] }],
  ['two in front went', range(3, 10), { after: [6, 7], before: [3, 4] }],
  ['the cursor’s own went', [1, 2, 3, 4, 6, 7, 8], { after: [6, 7], before: [3, 4] }],
  ['the cursor’s own moved to the front', [5, 1, 2, 3, 4, 6], { after: [1, 2], before: [] }],
  ['all behind the cursor went', [1, 2, 3, 4, 5], { after: [], before: [3, 4] }],
  ['everything went', [], { after: [], before: [] }],
]
for (const [what, numbers, { after, before }] of changes)
  test(`a cursor holds its place where ${what}`, async (t) => {
    const { page, at, beta } = await startPaging(t, 10)
    const cursor = await at('tw-5')
    relist(beta, numbers)

    const forward = await page({ first: 2, after: cursor })
    const backward = await page({ last: 2, before: cursor })

    assert.deepEqual(names(forward), after)
    assert.deepEqual(names(backward), before)
  })

test('a cursor of a twinning that the filter leaves out by now still holds its place', async (t) => {
  const { page, at, beta } = await startPaging(t, 6)
  const cursor = await at('tw-3')
  beta.seed({ ownAddress: watch, id: 'tw-3', name: 'tw-3', twinningStatus: 'Off' })

  const answer = await page({ first: 2, after: cursor, status: 'ON' })

  assert.deepEqual(names(answer), [4, 5])
})

test('a cursor is good on another instance and says nothing in the clear', async (t) => {
  const { gateway, at } = await startPaging(t, 3)
  const cursor = await at('tw-1')
  const other = await gateway.another()

  const { data } = await other.query(await gateway.token('twinning:read', watch), document, { after: cursor })

  assert.deepEqual(names(data.twinningDevice.twinnings), [2, 3])
  assert.doesNotMatch(Buffer.from(cursor, 'base64url').toString('latin1'), /1556|tw-1/)
})

const wrong: [string, object, string][] = [
  ['first below 0', { first: -1 }, 'first must be from 0 to 100, got -1'],
  ['last below 0', { last: -5 }, 'last must be from 0 to 100, got -5'],
  ['first over 100', { first: 101 }, 'first must be from 0 to 100, got 101'],
  ['last over 100', { last: 101 }, 'last must be from 0 to 100, got 101'],
  ['first with last', { first: 1, last: 1 }, 'first and last exclude each other: give one of them'],
  ['first with last of 0', { first: 0, last: 0 }, 'first and last exclude each other: give one of them'],
  ['an unreadable after', { after: 'garbage' }, "after is no cursor of this device's twinnings"],
  ['an unreadable before', { before: 'garbage' }, "before is no cursor of this device's twinnings"],
  ['an empty after', { after: '' }, "after is no cursor of this device's twinnings"],
]
for (const [what, page, message] of wrong)
  test(`${what} is BAD_USER_INPUT, and no operator is asked`, async (t) => {
    const { ask, gateway } = await startPaging(t, 3)

    const { data, errors } = await ask(page)

    assert.deepEqual(data, { twinningDevice: { twinnings: null } })
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      [{ message, path: ['twinningDevice', 'twinnings'], extensions: { code: 'BAD_USER_INPUT' } }],
    )
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

test("another device's cursor, and a twinning's id, are no cursors", async (t) => {
  const { gateway, ask } = await startPaging(t, 1)
  gateway.sandbox.operators.alpha.seed({ ownAddress: phone })
  const { data } = await gateway.query(
    await gateway.token('twinning:read', phone),
    '{ twinningDevice { twinnings { edges { cursor node { id } } } } }',
  )
  const [{ cursor, node }] = data.twinningDevice.twinnings.edges
  clearTraffic(gateway.sandbox)

  for (const after of [cursor, node.id]) {
    const { errors } = await ask({ after })
    assert.deepEqual(
      errors.map(({ message }) => message),
      ["after is no cursor of this device's twinnings"],
    )
  }
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})
