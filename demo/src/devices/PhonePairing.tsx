import type { OnPhoneFragment } from '../graphql/generated.ts'
import { formatAddress } from './address.ts'
import { OnOff } from './OnOff.tsx'
import { Remove } from './Remove.tsx'
import { Rename } from './Rename.tsx'
import { Trouble } from './Trouble.tsx'
import { useFocusWhen } from './useFocus.ts'
import { usePairing } from './usePairing.ts'
import { VoiceMail } from './VoiceMail.tsx'

type Props = {
  readonly twinning: OnPhoneFragment
  /** It has come to be by the phone's last step. */
  readonly isNew: boolean
  readonly onGone: () => void
}

/** One pairing on the phone. */
export function PhonePairing({ twinning, isNew, onGone }: Props) {
  const { busy, problem, turn, rename, remove } = usePairing(twinning.id)
  const heading = useFocusWhen<HTMLHeadingElement>(isNew)
  const { otherDevice, twinningStatus, name } = twinning
  const address = formatAddress(otherDevice?.address ?? '')
  const twin = otherDevice?.name ?? address
  const gone = async () => {
    if (await remove()) onGone()
  }

  return (
    <li className="phone-pairing" data-status={twinningStatus}>
      <h4 ref={heading} tabIndex={-1}>
        {twin} <small>{address}</small>
      </h4>
      <OnOff
        label={`Twinning with ${twin}`}
        on={twinningStatus === 'ON'}
        busy={busy}
        onChange={(on) => void turn(on ? 'ON' : 'OFF')}
      />
      <p className="own-name">
        knows this phone as <b>{name}</b>
      </p>
      <div className="actions">
        <Rename label={`Name of this phone on ${twin}`} name={name ?? ''} busy={busy} onRename={rename} />
        <Remove what={twin} busy={busy} onRemove={() => void gone()} />
      </div>
      <VoiceMail twinning={twinning} />
      <Trouble problem={problem} />
    </li>
  )
}
