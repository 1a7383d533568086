import { useMutation } from '@apollo/client/react'
import { useEffect, useRef, useState } from 'react'
import { addTwinning } from '../api/cache.ts'
import type { DeviceClient } from '../api/client.ts'
import {
  RequestTwinningDocument,
  WatchChangesDocument,
  WatchTwinningsDocument,
  type TwinningStatus,
} from '../graphql/generated.ts'
import { formatAddress } from './address.ts'
import { newKey } from './key.ts'
import { Trouble } from './Trouble.tsx'
import { useAction } from './useAction.ts'
import { useNews } from './useNews.ts'
import { useTwinnings } from './useTwinnings.ts'
import { WatchAlone } from './WatchAlone.tsx'
import { WatchPairing } from './WatchPairing.tsx'

/** The Secondary: asks for a pairing, shows its code, and calls the phone's voice mail. */
export function Watch({
  client,
  address,
  operator,
  onPairing,
}: DeviceClient & { onPairing: (pairing: TwinningStatus | 'NONE') => void }) {
  const { twinnings, known, loading, problem, lookAgain } = useTwinnings(address, {
    list: WatchTwinningsDocument,
    changes: WatchChangesDocument,
  })
  const action = useAction()
  const [request] = useMutation(RequestTwinningDocument)
  // Kept until it has worked: asked twice, the operator hears of it once.
  const idempotencyKey = useRef<string>(undefined)
  // Where the last step of the watch itself has led: to a pairing, or to none.
  const [reached, setReached] = useState<string>()
  const news = useNews(twinnings, known)
  const pairing = twinnings.at(-1)?.twinningStatus ?? 'NONE'

  useEffect(() => onPairing(pairing), [pairing, onPairing])

  async function ask() {
    idempotencyKey.current ??= newKey()
    const variables = { input: { name: 'myWatch', idempotencyKey: idempotencyKey.current } }
    const made = await action.run(request({ variables }), (data) => data.requestTwinning)
    if (!made?.twinning) return
    idempotencyKey.current = undefined
    addTwinning(client.cache, address, made.twinning)
    setReached(made.twinning.id)
  }

  return (
    <section className="device watch" aria-labelledby="watch">
      <header>
        <h2 id="watch">Watch</h2>
        <p>
          {formatAddress(address)} at operator {operator}
        </p>
      </header>
      <p className="unseen" role="status">
        {news}
      </p>
      <div className="watch-case">
        <div className="watch-face" aria-busy={loading}>
          {twinnings.map((twinning) => (
            <WatchPairing
              key={twinning.id}
              twinning={twinning}
              isNew={twinning.id === reached}
              onGone={() => setReached('none')}
            />
          ))}
          {twinnings.length === 0 && (
            <WatchAlone
              title={known ? 'On its own' : loading ? 'Looking …' : 'Out of reach'}
              busy={action.busy}
              isNew={reached === 'none'}
              onAsk={() => void ask()}
            />
          )}
          <Trouble problem={action.problem} />
          <Trouble problem={problem} onAgain={lookAgain}>
            What is shown may be out of date.
          </Trouble>
        </div>
      </div>
    </section>
  )
}
