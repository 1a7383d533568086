// [ours] How one operator's server speaks to another's. [CR20] settles only that the Primary's uses PUT on
// the Secondary's resource.
import { z } from 'zod'
import type { WireTwinning, WireTwinningBody } from '../oma/wire.ts'
import { extrasOf, readElements, readTwinning } from './elements.ts'
import { isSameSecret } from './secret.ts'

/** Another operator; `secret` is shared by the two, and with nobody else. */
export type Peer = { readonly id: string; readonly serverRoot: string; readonly secret: string }

/** What one end tells of itself when it asks the other to reserve a code. */
export type Claimant = { readonly address: string; readonly name?: string; readonly resourceURL: string }

/** A reserved activationCode: the Secondary's resource, and how to give the code back. */
export type Claim = {
  readonly resourceURL: string
  readonly ownAddress: string
  readonly name?: string
  readonly release: () => Promise<void>
}

export type Peers = {
  readonly add: (peer: Peer) => void
  readonly withSecret: (token: string) => Peer | undefined
  /** Asks every peer for a code; `undefined` where all of them answered that they do not know it. */
  readonly claim: (activationCode: string, primary: Claimant) => Promise<Claim | undefined>
  /** Reads a peer's resource and PUTs it back whole, changed. */
  readonly update: (resourceURL: string, change: (twinning: WireTwinning) => WireTwinning) => Promise<void>
  readonly remove: (resourceURL: string) => Promise<void>
}

/** A peer did not do what it was asked for. */
export class PeerFailure extends Error {
  override readonly name = 'PeerFailure'
}

type PeerAnswer = Pick<Response, 'status' | 'ok' | 'headers'> & { readonly text: string }

const timeoutMs = 2_000
const claimSchema = z.object({
  resourceURL: z.string(),
  ownAddress: z.string(),
  name: z.string().exactOptional(),
})

export function createPeers({ closing }: { closing: AbortSignal }): Peers {
  const peers: Peer[] = []

  async function claim(activationCode: string, primary: Claimant): Promise<Claim | undefined> {
    const failures: unknown[] = []
    // One after the other: asked at once, two peers with the same code would both reserve it.
    for (const peer of peers) {
      try {
        const found = await claimFrom(peer, activationCode, primary)
        if (found) return found
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new PeerFailure('no answer from every peer', { cause: failures })
    return undefined
  }

  async function claimFrom(
    peer: Peer,
    activationCode: string,
    primary: Claimant,
  ): Promise<Claim | undefined> {
    const url = `${peer.serverRoot}/peer/v1/reservations`
    const response = await call(peer, url, 'POST', { body: { activationCode, primary } })
    if (response.status === 404) return undefined
    if (response.status !== 201) throw new PeerFailure(`${peer.id} answered ${response.status}`)
    const location = response.headers.get('location') ?? ''
    const found = claimSchema.parse(JSON.parse(response.text))
    peerOf(found.resourceURL)
    peerOf(location)
    return { ...found, release: () => remove(location) }
  }

  async function update(
    resourceURL: string,
    change: (twinning: WireTwinning) => WireTwinning,
  ): Promise<void> {
    // The device may have changed its resource since we read it; then once more, from what it is now.
    if (await tryUpdate(resourceURL, change)) return
    if (await tryUpdate(resourceURL, change)) return
    throw new PeerFailure('the resource changes too fast')
  }

  async function tryUpdate(url: string, change: (twinning: WireTwinning) => WireTwinning): Promise<boolean> {
    const peer = peerOf(url)
    const read = await call(peer, url, 'GET')
    if (read.status !== 200) throw new PeerFailure(`${peer.id} answered ${read.status} to GET`)
    const etag = read.headers.get('etag')
    const elements = readElements(read.text)
    const twinning = change(readTwinning(elements))
    // Elements unknown to us go back as they came.
    const body: WireTwinningBody = { twinning: { ...extrasOf(elements), ...twinning } }
    const written = await call(peer, url, 'PUT', { body, ...(etag !== null && { etag }) })
    if (written.status === 412) return false
    if (!written.ok) throw new PeerFailure(`${peer.id} answered ${written.status} to PUT`)
    return true
  }

  async function remove(url: string): Promise<void> {
    const peer = peerOf(url)
    const { ok, status } = await call(peer, url, 'DELETE')
    if (!ok && status !== 404) throw new PeerFailure(`${peer.id} answered ${status} to DELETE`)
  }

  /** A secret goes only to its own peer, whatever URL another server names. */
  function peerOf(url: string): Peer {
    const peer = peers.find(
      ({ serverRoot }) => URL.canParse(url) && new URL(url).href.startsWith(`${serverRoot}/`),
    )
    if (!peer) throw new PeerFailure('a resourceURL of no peer')
    return peer
  }

  async function call(
    { secret }: Peer,
    url: string,
    method: string,
    { body, etag }: { body?: unknown; etag?: string } = {},
  ): Promise<PeerAnswer> {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${secret}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(etag !== undefined && { 'if-match': etag }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
    })
    const { status, ok, headers } = response
    return { status, ok, headers, text: await response.text() }
  }

  return {
    add: (peer) => void peers.push(peer),
    withSecret: (token) => peers.find(({ secret }) => isSameSecret(secret, token)),
    claim,
    update,
    remove,
  }
}
