// A load that never stops asking: reads of single twinnings and of lists, writes of ascending names, and every answer
// is counted, timed and judged.
import { setTimeout as wait } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { until } from '../support/until.ts'
import { createTruth, type Truth } from './truth.ts'
import { createTally, fewestAnswers, fewestWrites, type Tally } from './tally.ts'
import { addressesOf, listQuery, type OperatorId, type Target } from './world.ts'

export type Load = {
  readonly truth: Truth
  /** Counts what begins from now on under this name, and goes on for so long, and until there is something to judge. */
  readonly phase: (name: string, ms: number, unseenMs?: number) => Promise<void>
  /** Goes on with a phase until for so long all of it could be had, and changes were made. */
  readonly untilSound: (name: string, ms: number, unseenMs?: number) => Promise<void>
  /** Begins another phase, and waits for what was asked before. */
  readonly pause: (name: string) => Promise<void>
  /** Waits for what is on its way; the counts by phase. */
  readonly stop: () => Promise<Record<string, Tally>>
}

export type LoadOptions = {
  /** URLs of gateways. */
  readonly instances: readonly string[]
  readonly targets: readonly Target[]
  readonly token: string
  /** How long a write at one instance may stay unseen at another, for a start. */
  readonly unseenMs?: number | undefined
  readonly writes?: boolean
  readonly readersOfEach?: number
  /** Each URL stands for several instances: who reads there need not reach the one that has written. */
  readonly isBalanced?: boolean
}

type Json = Record<string, any> // eslint-disable-line @typescript-eslint/no-explicit-any -- judged below
type Body = { data?: Json | null; errors?: { path?: (string | number)[]; extensions?: { code?: string } }[] }
type Scope = OperatorId | 'both'

const singleQuery = 'query ($id: ID!) { twinning(id: $id) { id name } }'
const rename =
  'mutation ($id: ID!, $name: String!) { renameTwinning(input: { id: $id, name: $name }) { twinning { name } userErrors { code } } }'
// While all is well, another instance has heard within milliseconds; the rest is for a machine that is busy.
const soonMs = 400
const unansweredMs = 10_000
// An operator that was down may be left alone for ten seconds before it is tried.
const soundWithinMs = 20_000
const scopes = ['alpha', 'beta', 'both'] as const

/** Starts it; it ends with the test at the latest. */
export function startLoad(
  t: TestContext,
  {
    instances,
    targets,
    token,
    writes = true,
    readersOfEach = 1,
    isBalanced = false,
    unseenMs: atFirst = soonMs,
  }: LoadOptions,
): Load {
  const truth = createTruth()
  const tallies: Record<string, Tally> = {}
  let tally = (tallies.start = createTally())
  let unseenMs = atFirst
  let stopped = false
  t.after(() => (stopped = true))

  async function ask(scope: Scope, instance: string, query: string, variables: object, judge: Judge) {
    const counted = tally
    const asked = { instance, at: performance.now(), unseenMs }
    counted.asked()
    try {
      const body = await send(instance, token, query, variables)
      counted.answered(scope, performance.now() - asked.at)
      judge(body, counted, asked)
    } catch (error) {
      counted.lost(`${instance} after ${Math.round(performance.now() - asked.at)} ms: ${textOf(error)}`)
    }
  }

  function judgeOne(target: Target, name: unknown, tally: Tally, asked: Parameters<Judge>[2]): void {
    const problem = truth.problemOf(target, name, asked)
    if (problem !== undefined) tally.wrong(problem)
  }

  async function readOne(instance: string, target: Target): Promise<void> {
    await ask(target.operator, instance, singleQuery, { id: target.id }, (body, tally, asked) => {
      const code = codeAt(body, ['twinning'])
      if (body.data?.twinning) judgeOne(target, body.data.twinning.name, tally, asked)
      else if (code !== undefined) tally.missing(target.operator, code)
      else tally.wrong(`${target.device}: no twinning and no error`)
    })
  }

  async function readLists(instance: string, scope: Scope): Promise<void> {
    const wanted = targets.filter(({ operator }) => scope === 'both' || operator === scope)
    const byDevice = [...Map.groupBy(wanted, ({ device }) => device)]
    const addresses = byDevice.map(([device]) => device)
    await ask(scope, instance, listQuery, { addresses }, (body, tally, asked) => {
      for (const [i, [device, own]] of byDevice.entries()) {
        const answer = body.data?.twinningDevices?.[i]
        const code = codeAt(body, ['twinningDevices', i, 'twinnings'])
        const nodes = answer?.twinnings?.nodes as { id: string; name: string }[] | undefined
        if (answer?.address !== device) tally.wrong(`${device} was answered as ${String(answer?.address)}`)
        else if (nodes?.length === own.length)
          for (const target of own)
            judgeOne(target, nodes.find(({ id }) => id === target.id)?.name, tally, asked)
        else if (!answer.twinnings && code !== undefined) tally.missing(own[0]!.operator, code)
        else tally.wrong(`${device}: ${JSON.stringify(answer.twinnings)} and the code ${code}`)
      }
    })
  }

  async function read(instance: string): Promise<void> {
    for (let n = 0; !stopped; n++) {
      const scope = scopes[n % scopes.length]!
      if (n % 2 === 0) await readLists(instance, scope)
      else await readOne(instance, targets[Math.floor(Math.random() * targets.length)]!)
      await wait(5 + Math.random() * 10)
    }
  }

  async function write(operator: OperatorId): Promise<void> {
    const own = targets.filter((target) => target.operator === operator)
    const addresses = addressesOf(own)
    for (let n = 0; !stopped; n++) {
      const target = own[n % own.length]!
      // All of one device through one instance: what the others know of it comes from there.
      const instance = instances[addresses.indexOf(target.device) % instances.length]!
      const name = truth.next(target)
      await ask(operator, instance, rename, { id: target.id, name }, (body, tally) => {
        const answer = body.data?.renameTwinning
        const code = codeAt(body, ['renameTwinning'])
        if (answer?.twinning?.name === name) {
          truth.acknowledged(target, name, isBalanced ? 'one behind it' : instance)
          tally.wrote()
        } else if (code !== undefined) tally.refused(operator, code)
        else tally.wrong(`${name}: ${JSON.stringify(body)}`)
      })
      await wait(20 + Math.random() * 20)
    }
  }

  const workers = [
    ...instances.flatMap((instance) => Array.from({ length: readersOfEach }, () => read(instance))),
    ...(writes ? (['alpha', 'beta'] as const).map(write) : []),
  ]

  function enter(name: string, unseen: number): Tally {
    unseenMs = unseen
    return (tally = tallies[name] ??= createTally())
  }

  return {
    truth,
    untilSound: async (name, ms, unseen = soonMs) => {
      const own = enter(name, unseen)
      const isSound = async () => {
        const [missing, writes] = [own.missingInAll(), own.writes()]
        await wait(ms)
        return own.missingInAll() === missing && own.writes() > writes
      }
      await until(`nothing is missing ${name}`, isSound, soundWithinMs)
    },
    phase: async (name, ms, unseen = soonMs) => {
      const own = enter(name, unseen)
      await wait(ms)
      const enough = () => own.answers() >= fewestAnswers && (!writes || own.writes() >= fewestWrites)
      if (ms > 0) await until(`enough is answered ${name}`, enough, unansweredMs)
    },
    pause: async (name) => {
      const before = tally
      tally = tallies[name] ??= createTally()
      await until('what was asked before is answered', () => before.waiting() === 0, unansweredMs)
    },
    stop: async () => {
      stopped = true
      await Promise.all(workers)
      for (const [name, { summary }] of Object.entries(tallies)) t.diagnostic(`${name}: ${summary()}`)
      return tallies
    },
  }
}

type Judge = (body: Body, tally: Tally, asked: { instance: string; at: number; unseenMs: number }) => void

async function send(instance: string, token: string, query: string, variables: object): Promise<Body> {
  const response = await fetch(`${instance}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(unansweredMs),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`HTTP ${response.status} ${text}`)
  return JSON.parse(text) as Body
}

/** The code of the error at this path or below. */
function codeAt({ errors = [] }: Body, path: readonly (string | number)[]): string | undefined {
  return errors.find((error) => path.every((part, i) => error.path?.[i] === part))?.extensions?.code
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
