import { useState } from 'react'
import type { DeviceClient } from '../api/client.ts'
import { PhoneChangesDocument, PhoneTwinningsDocument } from '../graphql/generated.ts'
import { formatAddress } from './address.ts'
import { CodeForm } from './CodeForm.tsx'
import { PhonePairing } from './PhonePairing.tsx'
import { Trouble } from './Trouble.tsx'
import { useFocus } from './useFocus.ts'
import { useNews } from './useNews.ts'
import { useTwinnings } from './useTwinnings.ts'

/** The Primary: takes up a pairing by its code, and has all its twins in a list. */
export function Phone({ client, address, operator }: DeviceClient) {
  const { twinnings, known, loading, problem, lookAgain } = useTwinnings(address, {
    list: PhoneTwinningsDocument,
    changes: PhoneChangesDocument,
  })
  const title = useFocus<HTMLHeadingElement>()
  const [activated, setActivated] = useState<string>()
  const news = useNews(twinnings, known)

  return (
    <section className="device phone" aria-labelledby="phone">
      <header>
        <h2 id="phone">Phone</h2>
        <p>
          {formatAddress(address)} at operator {operator}
        </p>
      </header>
      <p className="unseen" role="status">
        {news}
      </p>
      <div className="phone-case">
        <div className="phone-screen" aria-busy={loading}>
          <CodeForm cache={client.cache} address={address} onActivated={setActivated} />
          <div className="phone-title">
            <h3 ref={title.ref} tabIndex={-1}>
              Twins of this phone
            </h3>
            <button type="button" className="quiet" onClick={lookAgain}>
              Look again
            </button>
          </div>
          <Trouble problem={problem} onAgain={lookAgain}>
            What is shown may be out of date.
          </Trouble>
          <ul className="phone-list">
            {twinnings.map((twinning) => (
              <PhonePairing
                key={twinning.id}
                twinning={twinning}
                isNew={twinning.id === activated}
                onGone={title.focus}
              />
            ))}
          </ul>
          {twinnings.length === 0 && (
            <p className="none">{known ? 'None yet.' : loading ? 'Looking …' : 'Not known at the moment.'}</p>
          )}
        </div>
      </div>
    </section>
  )
}
