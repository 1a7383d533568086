import assert from 'node:assert/strict'
import { join } from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { describeProfile } from '../../bench/harness/profiler.ts'

test('what Node does for a function counts as its own, and is said beside it', () => {
  const file = pathToFileURL(join(import.meta.dirname, '../../src/app.ts')).href
  const frame = (functionName: string, url: string) => ({
    functionName,
    url,
    scriptId: '0',
    lineNumber: 6,
    columnNumber: 0,
  })

  const text = describeProfile({
    nodes: [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 4] },
      { id: 2, callFrame: frame('createApp', file), children: [3] },
      { id: 3, callFrame: frame('sign', 'node:crypto') },
      { id: 4, callFrame: frame('(idle)', '') },
    ],
    startTime: 0,
    endTime: 1000,
    samples: [2, 3, 4],
    timeDeltas: [100, 300, 600],
  })

  assert.equal(text, '100.0 %  createApp src/app.ts:7\n\nof that, in Node:\n 75.0 %  sign node:crypto:7')
})
