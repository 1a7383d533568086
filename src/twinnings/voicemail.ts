import type { DeviceAddress } from '../domain/address.ts'
import type { Twinning } from '../domain/twinning.ts'
import { UpstreamInvalidResponse } from '../errors.ts'
import type { Loaders } from './loaders.ts'

/**
 * Where the Primary's voice mail is retrieved, for a Secondary's twinning that is On; else `undefined`.
 *
 * The change request ([CR20] §1 and Change 1) contradicts itself on whose resource holds primaryDeviceVMAddress, and
 * operators of both readings exist: where the Secondary's own has none, the Primary's is looked for among the twinnings
 * of the other device. That list is one read for each Primary device in a request, however many ask. Throws
 * UpstreamInvalidResponse where that list lacks the end and has members that could not be read.
 */
export async function findVoicemail(
  twinning: Twinning,
  loaders: Loaders,
): Promise<DeviceAddress | undefined> {
  if (twinning.role !== 'SECONDARY' || twinning.twinningStatus !== 'ON') return undefined
  if (twinning.voicemailAddress) return twinning.voicemailAddress
  const primary = twinning.otherDevice?.address
  if (!primary || !loaders.isServed(primary)) return undefined
  const { twinnings, leftOut } = await loaders.twinningsOf(primary)
  const ends = twinnings.filter((t) => t.role === 'PRIMARY' && t.otherDevice?.address === twinning.ownAddress)
  // A pair that was twinned before may have left ends behind: the best is On, and has an address to tell.
  const rank = (t: Twinning) =>
    Number(t.twinningStatus === 'ON') * 2 + Number(t.voicemailAddress !== undefined)
  const [end] = ends.toSorted((one, other) => rank(other) - rank(one))
  // The end that is looked for may be the one that could not be read: that there is no voice mail is not known.
  const [unreadable] = leftOut
  if (!end && unreadable) throw new UpstreamInvalidResponse(loaders.operatorOf(primary), unreadable.problem)
  return end?.voicemailAddress
}
