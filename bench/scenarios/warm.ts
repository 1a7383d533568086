// W1, W2 and W3u: everything that is asked for is cached.
import type { Asked } from '../harness/wrk.ts'
import { createRandom, createZipf } from '../harness/statistics.ts'
import { refAt, type Ref } from '../harness/world.ts'
import { deviceAt, perDevice } from '../servers/twinnings.ts'

/** Requests of one kind. */
export type Warm = {
  readonly name: string
  readonly what: string
  /** How many different requests there are in a round. */
  readonly count: number
  /** A function that makes them one by one, the same ones each time. */
  readonly create: (idOf: (ref: Ref) => string) => () => Asked
  /** Ends of bodies, where a request must not come twice: what caches whole answers would have it. */
  readonly ends?: (idOf: (ref: Ref) => string) => string[]
  /** What has to be asked once until everything is cached. */
  readonly heat: (idOf: (ref: Ref) => string) => Asked[]
}

const twinnings = 1000
const random100 = 100
const inEnds = 2
const forEnds = 100

export const w1Query = `query ($id: ID!) {
  twinning(id: $id) {
    id role name twinningStatus ownAddress otherDevice { address name }
    ... on SecondaryTwinning { voicemailAccess { address } }
  }
}`

const w2Query = `query ($address: DeviceAddress!) {
  twinningDevice(address: $address) {
    twinnings(first: 20) { nodes { id role name twinningStatus ownAddress otherDevice { address } } }
  }
}`

export const entitiesQuery = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on SecondaryTwinning { id role name twinningStatus ownAddress }
  }
}`

export const w1: Warm = {
  name: 'W1',
  what: 'one twinning by id, 7 fields with voicemailAccess, 1,000 ids by Zipf',
  count: 20_000,
  create: (idOf) => {
    const ids = numbers(twinnings).map((n) => idOf(refAt(n)))
    const next = createZipf(twinnings, createRandom(1))
    return () => ({ query: w1Query, variables: { id: ids[next()] } })
  },
  heat: (idOf) => numbers(twinnings).map((n) => ({ query: w1Query, variables: { id: idOf(refAt(n)) } })),
}

export const w2: Warm = {
  name: 'W2',
  what: 'the 20 twinnings of a device, 6 fields, 50 devices at random',
  count: 5000,
  create: () => {
    const random = createRandom(2)
    return () => ({
      query: w2Query,
      variables: { address: deviceAt(Math.floor((random() * twinnings) / perDevice)) },
    })
  },
  heat: () =>
    numbers(twinnings / perDevice).map((n) => ({ query: w2Query, variables: { address: deviceAt(n) } })),
}

export const w3u: Warm = {
  name: 'W3u',
  what: '_entities of a random 100 of 1,000, 5 fields',
  count: 2000,
  create: (idOf) => {
    const ids = numbers(twinnings - forEnds).map((n) => idOf(refAt(n)))
    const random = createRandom(3)
    return () => entitiesOf(pick(ids, random100 - inEnds, random))
  },
  // Of the twinnings that the bodies lack. Their number has no factor in common with that of the bodies: all pairs come.
  ends: (idOf) => {
    const ids = numbers(forEnds).map((n) => idOf(refAt(twinnings - forEnds + n)))
    const random = createRandom(4)
    return numbers(4999).map(() => endOf(pick(ids, inEnds, random)))
  },
  heat: (idOf) =>
    numbers(twinnings / random100).map((n) =>
      entitiesOf(numbers(random100).map((m) => idOf(refAt(n * random100 + m)))),
    ),
}

export const warm: readonly Warm[] = [w1, w2, w3u]

/** The end of a body of `entitiesOf` with so many more. */
function endOf(ids: readonly string[]): string {
  return `,${JSON.stringify(representationsOf(ids)).slice(1)}}}`
}

export function entitiesOf(ids: readonly string[]): Asked {
  return { query: entitiesQuery, variables: { representations: representationsOf(ids) } }
}

function representationsOf(ids: readonly string[]) {
  return ids.map((id) => ({ __typename: 'SecondaryTwinning', id }))
}

function numbers(below: number): number[] {
  return Array.from({ length: below }, (_, n) => n)
}

/** Some of all, each at most once. */
function pick(all: readonly string[], count: number, random: () => number): string[] {
  const left = [...all]
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1).join(''))
}
