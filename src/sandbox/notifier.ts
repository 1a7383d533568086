// [ours, in OMA's form] What an operator POSTs when its twinnings have changed, once and to one receiver.
import type { WireNotification } from '../oma/wire.ts'

export type NotificationTarget = { readonly url: string; readonly secret: string }

/** How one notification went: the receiver's status, or why there was none. */
export type Delivery = { readonly href: string; readonly status?: number; readonly error?: string }

/** A delivery that has ended: when it was sent, in milliseconds since 1970, and how long it took. */
export type TimedDelivery = Delivery & { readonly at: number; readonly tookMs: number }

export type Notifier = {
  /** Where to, from now on; `undefined` stops. */
  readonly notifyTo: (target: NotificationTarget | undefined) => void
  /** Tells of a change without holding up whoever made it. */
  readonly changed: (resourceURL: string) => void
  readonly deliveries: () => readonly Delivery[]
  /** Tells of each delivery as it ends, until the function that it answers is called. */
  readonly watch: (tell: (delivery: TimedDelivery) => void) => () => void
  /** Resolves when nothing is under way. */
  readonly settled: () => Promise<void>
}

const timeoutMs = 2_000
const maxDeliveries = 1_000

export function createNotifier({
  operatorId,
  closing,
}: {
  operatorId: string
  closing: AbortSignal
}): Notifier {
  const underWay = new Set<Promise<void>>()
  const deliveries: Delivery[] = []
  const watching = new Set<(delivery: TimedDelivery) => void>()
  let target: NotificationTarget | undefined

  function changed(href: string): void {
    if (!target || closing.aborted) return
    const at = Date.now()
    const begun = performance.now()
    const delivery = deliver(target, href).then((result) => {
      underWay.delete(delivery)
      deliveries.push(result)
      for (const tell of watching) tell({ ...result, at, tookMs: performance.now() - begun })
      if (deliveries.length > maxDeliveries) deliveries.shift()
    })
    underWay.add(delivery)
  }

  async function deliver({ url, secret }: NotificationTarget, href: string): Promise<Delivery> {
    const body: WireNotification = {
      twinningNotification: { callbackData: operatorId, link: [{ rel: 'Twinning', href }] },
    }
    try {
      const { status } = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
        body: JSON.stringify(body),
        signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
      })
      return { href, status }
    } catch (error) {
      return { href, error: String(error) }
    }
  }

  return {
    notifyTo: (next) => void (target = next),
    changed,
    deliveries: () => [...deliveries],
    watch: (tell) => {
      watching.add(tell)
      return () => void watching.delete(tell)
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
