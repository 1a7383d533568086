// What an instance makes of what it hears, and of what Redis counts; the clock is the test's.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createCompany, type Company } from '../../src/cache/company.ts'

type World = {
  readonly company: Company
  /** The numbers of the greetings that were sent. */
  readonly greetings: readonly number[]
  /** To so many each of them is sent, as Redis counts; `undefined` where it does not answer. */
  hearers: number | undefined
  /** Whether they come back. */
  isHeard: boolean
  listening: boolean
  /** Lets time pass, with four beats in a second. */
  readonly pass: (ms: number) => Promise<void>
}

function start(t: TestContext, { cluster = false } = {}): World {
  let now = 1_000_000
  t.mock.method(performance, 'now', () => now)
  const greetings: number[] = []
  const beats: (() => void)[] = []
  const company = createCompany(
    { cluster, listening: () => world.listening, onBeat: (listener) => void beats.push(listener) },
    (number) => {
      greetings.push(number)
      if (world.isHeard) company.echoed(number)
      return Promise.resolve(world.hearers)
    },
  )
  const world: World = {
    company,
    greetings,
    hearers: 1,
    isHeard: true,
    listening: true,
    pass: async (ms) => {
      for (const end = now + ms; now < end;) {
        now += 250
        for (const beat of beats) beat()
        await turn()
      }
    },
  }
  return world
}

/** One that has been alone for some time. */
async function startAlone(t: TestContext): Promise<World> {
  const world = start(t)
  await world.company.enter()
  await world.pass(5000)
  assert.equal(world.company.isAlone(), true)
  return world
}

test('who begins is not alone until it has been quiet for three seconds', async (t) => {
  const { company, pass } = start(t)

  const before = company.isAlone()
  await company.enter()
  await pass(3000)
  const early = company.isAlone()
  await pass(1250)

  assert.deepEqual([before, early, company.isAlone()], [false, false, true])
})

test('who has entered has greeted, and greets once a second; where others hear it, every other second', async (t) => {
  const world = start(t)
  await world.company.enter()
  assert.deepEqual(world.greetings, [1])
  await world.pass(4000)
  assert.deepEqual(world.greetings, [1, 2, 3, 4, 5])

  world.hearers = 2
  await world.pass(1000)
  await world.pass(4000)

  assert.deepEqual(world.greetings, [1, 2, 3, 4, 5, 6, 7, 8])
})

test('one that is met is company at once, whatever Redis counts, and for three seconds', async (t) => {
  const { company, pass } = await startAlone(t)

  company.met()
  const atOnce = company.isAlone()
  await pass(3000)
  const later = company.isAlone()
  await pass(1250)

  assert.deepEqual([atOnce, later, company.isAlone()], [false, false, true])
})

test('who is met while a greeting is on its way makes that greeting’s count void', async (t) => {
  const world = await startAlone(t)
  world.isHeard = false
  await world.pass(1000)

  world.company.met()
  world.company.echoed(world.greetings.at(-1))

  assert.equal(world.company.isAlone(), false)
})

for (const [what, change] of [
  ['somebody else hears the greetings who says nothing', { hearers: 2 }],
  ['nobody hears them', { hearers: 0 }],
  ['they do not come back', { isHeard: false }],
  ['Redis does not answer', { hearers: undefined }],
] as const)
  test(`it is not alone any more where ${what}`, async (t) => {
    const world = await startAlone(t)

    Object.assign(world, change)
    await world.pass(2250)

    assert.equal(world.company.isAlone(), false)
  })

test('while messages may be missed it is not alone', async (t) => {
  const world = await startAlone(t)

  world.listening = false

  assert.equal(world.company.isAlone(), false)
})

test('an echo of an earlier greeting proves nothing', async (t) => {
  const world = await startAlone(t)
  world.isHeard = false
  const { company, greetings } = world

  for (let n = 0; n < 10; n++) {
    await world.pass(250)
    company.echoed(greetings.at(-2))
  }

  assert.equal(company.isAlone(), false)
})

test('where messages may have been missed it greets at once, and is not alone before it was quiet', async (t) => {
  const { company, greetings, pass } = await startAlone(t)
  const before = greetings.length

  company.missed()
  await turn()

  assert.deepEqual([greetings.length - before, company.isAlone()], [1, false])
  await pass(3000)
  assert.equal(company.isAlone(), false)
})

test('it says nothing into a connection that is lost, and greets when it is back', async (t) => {
  const world = await startAlone(t)
  const before = world.greetings.length
  world.listening = false
  world.company.missed()
  await world.pass(5000)
  const meanwhile = world.greetings.length

  world.listening = true
  world.company.missed()
  await turn()

  assert.deepEqual([meanwhile, world.greetings.length], [before, before + 1])
})

test('on a cluster nobody is ever alone, or greets', async (t) => {
  const { company, greetings, pass } = start(t, { cluster: true })

  await company.enter()
  company.missed()
  await pass(10_000)

  assert.deepEqual([company.isAlone(), greetings], [false, []])
})
