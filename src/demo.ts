import type { Demo, Performer } from './http/demo.ts'
import type { Call, OperatorState } from './http/traffic.ts'
import type { Character } from './sandbox/characters.ts'
import type { Fault } from './sandbox/faults.ts'
import type { Operator } from './sandbox/operator.ts'
import type { Exchange } from './sandbox/recorder.ts'
import type { Sandbox } from './sandbox/world.ts'

/** A watch at the phone's own operator, for pairings that concern one operator only. */
const watchAtAlpha = 'tel:+15550101'

/** What the demo page needs of the sandbox. */
export function createDemo({ operators, characters, issuer }: Sandbox): Demo {
  const all: readonly Operator[] = Object.values(operators)
  const switches = new Map(all.map((operator) => [operator.id, createSwitch(operator)]))
  const watching = new Set<(state: OperatorState) => void>()
  const { watch, phone } = characters

  return {
    cast: async () => ({
      phone: await performer(operators.alpha, phone),
      watches: {
        same: {
          address: watchAtAlpha,
          operator: operators.alpha.id,
          token: await issuer.sign({ address: watchAtAlpha, scope: watch.scope }, { expiresInS: 12 * 3_600 }),
        },
        other: await performer(operators.beta, watch),
      },
      operators: Object.fromEntries(all.map(({ id, url }) => [id, url])),
    }),
    setDown: (id, down) => {
      const found = switches.get(id)
      if (!found) return false
      found.set(down)
      for (const tell of watching) tell({ id, down })
      return true
    },
    traffic: {
      states: () => [...switches].map(([id, { isDown }]) => ({ id, down: isDown() })),
      watch: ({ call, state }) => {
        watching.add(state)
        const stops = all.map((operator) => watchOperator(operator, all, call))
        return () => {
          watching.delete(state)
          for (const stop of stops) stop()
        }
      },
    },
  }
}

async function performer({ id }: Operator, { address = '', token }: Character): Promise<Performer> {
  return { address, operator: id, token: await token() }
}

const failing: Fault = {
  status: 503,
  body: {
    requestError: {
      serviceException: { messageId: 'SVC2001', text: 'No server resources available', variables: [] },
    },
  },
}

/** Makes an operator fail whatever it is asked; faults that somebody else has scripted stay. */
function createSwitch({ faults }: Operator) {
  const isDown = () => faults.list().includes(failing)
  return {
    isDown,
    set: (down: boolean) => {
      const others = faults.list().filter((fault) => fault !== failing)
      faults.clear()
      // The first that applies is the only one.
      for (const fault of down ? [failing, ...others] : others) faults.add(fault)
    },
  }
}

function watchOperator(operator: Operator, all: readonly Operator[], tell: (call: Call) => void): () => void {
  const { id } = operator
  const peer = all.find((one) => one !== operator)?.id ?? 'a peer'
  const stopExchanges = operator.watchExchanges((exchange) => tell(asCall(exchange, id, peer)))
  const stopNotifications = operator.watchNotifications(({ href, status, at, tookMs }) =>
    tell({
      from: id,
      to: 'gateway',
      method: 'POST',
      path: `/notifications/${id}`,
      ...(status !== undefined && { status }),
      at,
      tookMs,
      request: { link: href },
    }),
  )
  return () => {
    stopExchanges()
    stopNotifications()
  }
}

function asCall(exchange: Exchange, to: string, peer: string): Call {
  const { method, path, caller, outcome, at, tookMs, body } = exchange
  const answer = typeof outcome === 'string' ? undefined : outcome
  return {
    from: caller === 'peer' ? peer : 'gateway',
    to,
    method,
    path,
    ...(answer && { status: answer.status }),
    at,
    tookMs,
    ...(body !== undefined && { request: body }),
    ...(answer?.body !== undefined && { answer: answer.body }),
  }
}
