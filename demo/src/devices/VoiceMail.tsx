import { formatAddress } from './address.ts'

/** Calls the voice mail of the Primary; only a Secondary that is On is told where that is. */
export function VoiceMail({
  twinning,
}: {
  twinning: object & { voicemailAccess?: { address: string } | null }
}) {
  const address = twinning.voicemailAccess?.address
  if (address === undefined) return null
  return (
    <a className="voice-mail" href={address}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M6 8a4 4 0 1 0 4 4 4 4 0 0 0-4-4Zm12 0a4 4 0 1 0 4 4 4 4 0 0 0-4-4ZM6 16h12" />
      </svg>
      <span>
        Voice mail <small>{formatAddress(address)}</small>
      </span>
    </a>
  )
}
