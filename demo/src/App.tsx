import { ApolloProvider } from '@apollo/client/react'
import { useEffect, useState } from 'react'
import { setDown, type Cast } from './api/cast.ts'
import type { RecordOf } from './api/record.ts'
import { listenToTraffic, type OperatorStates } from './api/traffic.ts'
import { Controls } from './controls/Controls.tsx'
import { Steps } from './controls/Steps.tsx'
import { Phone } from './devices/Phone.tsx'
import { useDeviceClient } from './devices/useDeviceClient.ts'
import { Watch } from './devices/Watch.tsx'
import type { TwinningStatus } from './graphql/generated.ts'
import { Timeline } from './timeline/Timeline.tsx'

type Pairing = TwinningStatus | 'NONE'

/** A watch and a phone side by side, and what they ask of the gateway. */
export function App({ cast, record }: { cast: Cast; record: RecordOf }) {
  const [twoOperators, setTwoOperators] = useState(true)
  const [states, setStates] = useState<OperatorStates>({})
  const [pairing, setPairing] = useState<Pairing>('NONE')
  const watch = useDeviceClient('watch', twoOperators ? cast.watches.other : cast.watches.same, record)
  const phone = useDeviceClient('phone', cast.phone, record)

  useEffect(
    () =>
      listenToTraffic({
        record,
        onState: (id, down) => setStates((known) => ({ ...known, [id]: down })),
      }),
    [record],
  )

  async function switchOperator(id: string, down: boolean) {
    setStates((known) => ({ ...known, [id]: down }))
    await setDown(id, down)
    // What failed, or is old, is worth another look.
    for (const device of [watch, phone]) void device?.client.refetchQueries({ include: 'active' })
  }

  return (
    <>
      <header className="masthead">
        <h1>Twinning, live</h1>
        <p>
          A watch becomes the twin of a phone. Both are clients of one GraphQL API; their operators speak
          REST.
        </p>
        <Steps pairing={pairing} />
      </header>
      <main className="stage">
        <Controls
          twoOperators={twoOperators}
          onTwoOperators={setTwoOperators}
          states={states}
          onDown={(id, down) => void switchOperator(id, down)}
        />
        <div className="devices" data-pairing={pairing}>
          {watch && (
            <ApolloProvider client={watch.client} key={watch.address}>
              <Watch {...watch} onPairing={setPairing} />
            </ApolloProvider>
          )}
          <div className="bond" aria-hidden="true" />
          {phone && (
            <ApolloProvider client={phone.client}>
              <Phone {...phone} />
            </ApolloProvider>
          )}
        </div>
        <Timeline record={record} />
      </main>
    </>
  )
}
