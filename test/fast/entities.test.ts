import assert from 'node:assert/strict'
import test from 'node:test'
import { nobody } from '../../src/auth/policy.ts'
import { createCache } from '../../src/cache/cache.ts'
import { foundCodec } from '../../src/cache/codecs.ts'
import { createEvictions } from '../../src/cache/evictions.ts'
import { createEntities } from '../../src/fast/entities.ts'
import { createFrames } from '../../src/fast/frames.ts'
import type { Representation } from '../../src/fast/representations.ts'
import { entitiesQuery, planned } from './plans.ts'

test('of a list that is longer than it may be not one id is opened', () => {
  const { plans } = planned()
  let opened = 0
  const of = ({ __typename: type, id }: Representation) => {
    opened += 1
    return { type, id, device: undefined }
  }
  const evictions = createEvictions()
  const options = { evictions, shared: undefined, maxBytes: 1000, graceFor: () => false }
  const entities = createEntities({
    cache: createCache({ codec: foundCodec, ...options }),
    plans,
    places: { of },
    frames: createFrames({ at: () => undefined }),
    longestList: 3,
  })
  const read = (count: number) => {
    const r = Array.from({ length: count }, (_, n) => ({ __typename: 'Twinning', id: `id ${n}` }))
    const body = Buffer.from(JSON.stringify({ query: entitiesQuery, variables: { r } }))
    return entities.read({ body, variant: '', principal: nobody })?.places.length
  }

  assert.deepEqual([read(4), opened], [undefined, 0])
  assert.deepEqual([read(3), opened], [3, 3])
})
