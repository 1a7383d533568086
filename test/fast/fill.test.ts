// What was at hand before something was waited for may not be any more.
import assert from 'node:assert/strict'
import test from 'node:test'
import { nobody } from '../../src/auth/policy.ts'
import type { Cache, Held } from '../../src/cache/cache.ts'
import type { Found } from '../../src/cache/codecs.ts'
import type { DeviceAddress } from '../../src/domain/address.ts'
import type { Means } from '../../src/fast/asked.ts'
import { createEntities } from '../../src/fast/entities.ts'
import { fillIn } from '../../src/fast/fill.ts'
import { createFrames } from '../../src/fast/frames.ts'
import type { Representation } from '../../src/fast/representations.ts'
import { entitiesQuery, planned } from './plans.ts'
const device = 'tel:+15560101' as DeviceAddress

function held(name: string): Held<Found> {
  const ref = { operatorId: 'beta', device, twinningId: name }
  const resourceURL = 'https://beta.example/'
  const twinning = {
    ref,
    role: 'PRIMARY',
    name,
    twinningStatus: 'ON',
    ownAddress: device,
    resourceURL,
  } as const
  return { value: { twinning }, freshUntil: Date.now() + 60_000 }
}

/** Asks for a, which is in memory, and b, which Redis has; what `recall` does besides bringing b is told. */
function setUp({
  meanwhile,
  isHeard = () => true,
}: {
  meanwhile: (memory: Map<string, unknown>) => void
  isHeard?: () => boolean
}) {
  const memory = new Map([['a', held('a')]])
  const asked: string[][] = []
  const cache = {
    atHand: (_: string, name: string) => memory.get(name),
    changes: () => asked.length,
    recall: (keys) => {
      asked.push(keys.map(({ key }) => key))
      memory.set('b', held('b'))
      meanwhile(memory)
      return Promise.resolve()
    },
  } as Pick<Cache<Found>, 'atHand' | 'changes' | 'recall'> as Cache<Found>
  const { schema, plans } = planned()
  const shelf = () => ({ twinning: undefined, kept: [] })
  const places = {
    of: ({ __typename: type, id }: Representation) => ({
      type,
      id,
      bytes: Buffer.alloc(0),
      device,
      key: { tag: 'tag', key: id },
      name: id,
      shelf: shelf(),
      last: undefined,
    }),
  }
  const entities = createEntities({
    cache,
    plans,
    places,
    frames: createFrames({ at: () => undefined }),
    longestList: 10,
  })
  const r: Representation[] = ['a', 'b', 'b'].map((id) => ({ __typename: 'Twinning', id }))
  const principal = { ...nobody, everything: true }
  const body = Buffer.from(JSON.stringify({ query: entitiesQuery, variables: { r } }))
  const wanted = entities.read({ body, variant: '', principal })
  assert.ok(wanted)
  let executed = 0
  const means: Means = {
    pays: () => true,
    // So that it goes no further.
    createContext: () => {
      executed += 1
      throw new Error('no further')
    },
    trail: undefined,
  }
  const fill = () =>
    fillIn(wanted, entities.look(wanted, Date.now()), means, { schema, cache, entities, isHeard })
  return { fill, asked, executed: () => executed }
}

test('what memory lacks is brought there, each once, and nothing is executed', async () => {
  const { fill, asked, executed } = setUp({ meanwhile: () => undefined })

  const { texts = [], memory, redis } = (await fill()) ?? {}

  assert.deepEqual([texts.map(({ json }) => json), memory, redis], [['{"name":"a"}', '{"name":"b"}', '{"name":"b"}'], 1, 2]) // prettier-ignore
  assert.deepEqual([asked, executed()], [[['b']], 0])
})

test('what is evicted while Redis is asked is not answered', async () => {
  const { fill, executed } = setUp({ meanwhile: (memory) => void memory.delete('a') })

  await assert.rejects(fill(), /no further/)
  assert.equal(executed(), 1)
})

test('nothing is answered once evictions are not heard any more', async () => {
  let isHeard = true
  const { fill, executed } = setUp({ meanwhile: () => (isHeard = false), isHeard: () => isHeard })

  assert.equal(await fill(), undefined)
  assert.equal(executed(), 0)
})
