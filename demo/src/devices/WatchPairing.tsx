import type { OnWatchFragment } from '../graphql/generated.ts'
import { formatAddress, groupsOf } from './address.ts'
import { OnOff } from './OnOff.tsx'
import { Remove } from './Remove.tsx'
import { Rename } from './Rename.tsx'
import { Trouble } from './Trouble.tsx'
import { useFocusWhen } from './useFocus.ts'
import { spelled } from './useNews.ts'
import { usePairing } from './usePairing.ts'
import { VoiceMail } from './VoiceMail.tsx'

type Props = {
  readonly twinning: OnWatchFragment
  /** It has come to be by the watch's last step. */
  readonly isNew: boolean
  readonly onGone: () => void
}

/** One pairing on the watch: its code while it is Pending, then the phone. */
export function WatchPairing({ twinning, isNew, onGone }: Props) {
  const { busy, problem, turn, rename, remove } = usePairing(twinning.id)
  const heading = useFocusWhen<HTMLHeadingElement>(isNew)
  const code = 'activationCode' in twinning ? twinning.activationCode : null
  const other = twinning.otherDevice
  const phone = other?.name ?? formatAddress(other?.address ?? '')
  const gone = async () => {
    if (await remove()) onGone()
  }

  if (twinning.twinningStatus === 'PENDING')
    return (
      <div className="watch-pending">
        <h3 ref={heading} tabIndex={-1}>
          <span className="unseen">Your code: {code === null ? 'expired' : spelled(code)}</span>
          <span className="code" aria-hidden="true">
            {code === null ? 'expired' : groupsOf(code).map((group) => <span key={group}>{group}</span>)}
          </span>
        </h3>
        <p>Type it on your phone.</p>
        <button type="button" className="quiet" aria-disabled={busy} onClick={() => !busy && void gone()}>
          Withdraw
        </button>
        <Trouble problem={problem} />
      </div>
    )
  const on = twinning.twinningStatus === 'ON'
  return (
    <div className="watch-paired">
      <h3 ref={heading} tabIndex={-1}>
        <small>Twin of</small> {phone}
      </h3>
      <OnOff
        label={`Twinning with ${phone}`}
        on={on}
        busy={busy}
        onChange={(on) => void turn(on ? 'ON' : 'OFF')}
      />
      <VoiceMail twinning={twinning} />
      <p className="own-name">
        known as <b>{twinning.name}</b>
      </p>
      <div className="actions">
        <Rename label="Name of this watch" name={twinning.name ?? ''} busy={busy} onRename={rename} />
        <Remove what={phone} busy={busy} onRemove={() => void gone()} />
      </div>
      <Trouble problem={problem} />
    </div>
  )
}
