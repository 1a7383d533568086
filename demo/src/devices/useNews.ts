import { useEffect, useRef, useState } from 'react'
import { formatAddress } from './address.ts'
import type { PairingFragment } from '../graphql/generated.ts'

type Known = Pick<PairingFragment, 'id' | 'name' | 'twinningStatus' | 'otherDevice'> & {
  readonly activationCode?: string | null
}

/** What has changed since the last time, in a sentence for whoever does not see the screen. */
export function useNews(twinnings: readonly Known[], isKnown: boolean): string {
  const before = useRef<readonly Known[]>(undefined)
  const [news, setNews] = useState('')

  useEffect(() => {
    if (!isKnown) return
    const known = before.current
    before.current = twinnings
    if (!known) return
    const sentences = [...twinnings.map((one) => changeOf(one, known)), ...gone(known, twinnings)].filter(
      Boolean,
    )
    if (sentences.length > 0) setNews(sentences.join(' '))
  }, [twinnings, isKnown])

  return news
}

function changeOf(now: Known, known: readonly Known[]): string {
  const before = known.find(({ id }) => id === now.id)
  if (!before && now.twinningStatus === 'PENDING') return `The code is ${spelled(now.activationCode ?? '')}.`
  if (before?.twinningStatus !== now.twinningStatus) return `Twinning with ${nameOf(now)} is ${wordFor(now)}.`
  if (nameOf(before) !== nameOf(now)) return `${nameOf(before)} is now called ${nameOf(now)}.`
  return before.name === now.name ? '' : `This device is now called ${now.name ?? 'nothing'}.`
}

function gone(known: readonly Known[], now: readonly Known[]): string[] {
  return known
    .filter(({ id }) => !now.some((one) => one.id === id))
    .map((one) => (one.otherDevice ? `Twinning with ${nameOf(one)} is gone.` : 'The request is withdrawn.'))
}

const nameOf = ({ otherDevice }: Known) => otherDevice?.name ?? formatAddress(otherDevice?.address ?? '')
const wordFor = ({ twinningStatus }: Known) => ({ PENDING: 'pending', ON: 'on', OFF: 'off' })[twinningStatus]

/** Letter by letter: a code is no word. */
export function spelled(code: string): string {
  return code
    .replaceAll('-', '')
    .split('')
    .join(' ')
    .replace(/^((?:\S ){3}\S) /, '$1, ')
}
