import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Operation } from '../../demo/src/api/record.ts'
import { asStory } from '../../demo/src/timeline/story.ts'

const phone = 'tel:+15550100'
const watch = 'tel:+15560101'

test('a call belongs to the operation that it began during, else to none', () => {
  const story = asStory([operation(1, { at: 10, endedAt: 20 }), call(2, { at: 15 }), call(3, { at: 25 })])

  assert.deepEqual(told(story), ['calls 3', 'operation 1 with 2'])
})

test('of operations that overlap, the one whose device is in the path has caused a call, else the latest', () => {
  const story = asStory([
    operation(1, { at: 10, endedAt: 40, address: phone }),
    operation(2, { at: 12, endedAt: 40, address: watch }),
    call(3, { at: 15, path: `/twinning/v1/${encodeURIComponent(phone)}/twinnings` }),
    call(4, { at: 16, path: '/peer/v1/reservations' }),
  ])

  assert.deepEqual(told(story), ['operation 2 with 4', 'operation 1 with 3'])
})

test('what is told late stands where it happened, and a subscription causes nothing', () => {
  const story = asStory([
    operation(1, { at: 5, kind: 'subscription' }),
    operation(2, { at: 30, endedAt: 35 }),
    call(3, { at: 20 }),
    call(4, { at: 21 }),
  ])

  assert.deepEqual(told(story), ['operation 2 with ', 'calls 3,4', 'operation 1 with '])
})

function operation(key: number, given: Partial<Operation>): Operation {
  return {
    type: 'operation',
    key,
    device: 'watch',
    address: watch,
    kind: 'query',
    name: 'Any',
    document: '',
    variables: {},
    at: 0,
    problems: [],
    ...given,
  }
}

function call(key: number, given: Partial<Call>): Call {
  return {
    type: 'call',
    key,
    from: 'gateway',
    to: 'alpha',
    method: 'GET',
    path: '/',
    at: 0,
    tookMs: 1,
    ...given,
  }
}

function told(story: ReturnType<typeof asStory>): string[] {
  return story.map((scene) => {
    if (scene.type === 'operation') return `operation ${scene.operation.key} with ${keys(scene.calls)}`
    return scene.type === 'calls' ? `calls ${keys(scene.calls)}` : `event ${scene.event.key}`
  })
}

const keys = (calls: readonly Call[]) => calls.map(({ key }) => key).join()
