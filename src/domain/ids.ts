import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { parseAddress, type DeviceAddress } from './address.ts'
import { isTwinningId } from './segments.ts'
import type { TwinningRef } from './twinning.ts'

/** Makes what a client may keep but not read: ids of twinnings and cursors. */
export type Sealer = {
  /** The opaque id of a twinning: the same on every instance with the same key. */
  readonly sealRef: (ref: TwinningRef) => string
  /** `undefined` for whatever is no id of ours: forged, truncated, of another key, of another kind. */
  readonly openRef: (id: string) => TwinningRef | undefined
  readonly sealCursor: (cursor: Cursor) => string
  readonly openCursor: (text: string) => Cursor | undefined
  /** A name for a device that does not show its address. */
  readonly deviceTag: (device: DeviceAddress) => string
  /** A keyed digest, for comparing what must not be kept (an input with an activationCode). */
  readonly digest: (text: string) => string
}

/** A place in a device's list: the twinning that stood there, and its index, should it be gone. */
export type Cursor = { readonly device: string; readonly twinningId: string; readonly index: number }

const version = 1
const nonceBytes = 12
const tagBytes = 16

// What was sealed or opened is likely to be again. An id of usual length takes some 500 bytes here with what it opens to.
const maxRemembered = 20_000
const longestRemembered = 300

type Purpose = 'id' | 'cursor'
type Keys = { readonly nonce: KeyObject; readonly cipher: KeyObject }

/**
 * Deterministic authenticated encryption: AES-256-GCM (NIST SP 800-38D) whose nonce is a keyed hash of the plaintext
 * (the synthetic IV of RFC 5297), so that equal ids look equal and a nonce serves one plaintext only.
 * `keys`: 32 bytes each; the first seals, all open.
 */
export function createSealer(keys: readonly [Buffer, ...Buffer[]]): Sealer {
  const rings: readonly Keys[] = keys.map((key) => ({
    nonce: derive(key, 'nonce'),
    cipher: derive(key, 'cipher'),
  }))
  const [sealing] = rings
  const digestKey = derive(keys[0], 'digest')
  const sealed = new WeakMap<TwinningRef, string>()
  const opened = new LRUCache<string, { readonly ref: TwinningRef | undefined }>({ max: maxRemembered })
  const idOfOpened = new LRUCache<string, string>({ max: maxRemembered })
  const tags = new LRUCache<string, string>({ max: maxRemembered })

  function seal(purpose: Purpose, parts: readonly string[]): string {
    if (!sealing) throw new TypeError('a sealer needs a key')
    const plain = Buffer.from(JSON.stringify(parts))
    const nonce = createHmac('sha256', sealing.nonce)
      .update(purpose)
      .update(plain)
      .digest()
      .subarray(0, nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', sealing.cipher, nonce).setAAD(Buffer.from(purpose))
    const sealed = Buffer.concat([
      Buffer.of(version),
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ])
    return sealed.toString('base64url')
  }

  function open(purpose: Purpose, text: string): unknown {
    const bytes = /^[\w-]{1,2048}$/.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0)
    // Base64 has several spellings of one value; only ours is an id.
    if (
      bytes.length <= 1 + nonceBytes + tagBytes ||
      bytes[0] !== version ||
      bytes.toString('base64url') !== text
    )
      return undefined
    const plain = rings.map((ring) => tryOpen(ring, purpose, bytes)).find((found) => found !== undefined)
    return plain === undefined ? undefined : JSON.parse(plain)
  }

  const digest = (text: string) => createHmac('sha256', digestKey).update(text).digest('base64url')

  function openRef(id: string): TwinningRef | undefined {
    const parts = open('id', id)
    if (!isTexts(parts)) return undefined
    const [operatorId, address, twinningId] = parts
    const device = parseAddress(address ?? '')
    // Without ID_KEY, everybody can seal what they like.
    return operatorId && device && twinningId && isTwinningId(twinningId)
      ? { operatorId, device, twinningId }
      : undefined
  }

  return {
    sealRef: (ref) => {
      const known = sealed.get(ref)
      if (known !== undefined) return known
      const id = idOfOpened.get(nameOf(ref)) ?? seal('id', [ref.operatorId, ref.device, ref.twinningId])
      sealed.set(ref, id)
      return id
    },
    openRef: (id) => {
      const known = opened.get(id)
      if (known) return known.ref
      const ref = openRef(id)
      // What is no id is remembered as well: it must not be told from one that leads nowhere by the time that it takes.
      if (id.length <= longestRemembered) opened.set(id, { ref })
      // With several keys, it may be of an older one than that which seals.
      if (ref && rings.length === 1) idOfOpened.set(nameOf(ref), id)
      return ref
    },
    deviceTag: (device) => {
      const known = tags.get(device)
      if (known !== undefined) return known
      const tag = digest(`entity tag|${device}`)
      tags.set(device, tag)
      return tag
    },
    sealCursor: ({ device, twinningId, index }) => seal('cursor', [device, twinningId, String(index)]),
    openCursor: (text) => {
      const parts = open('cursor', text)
      if (!isTexts(parts)) return undefined
      const [device, twinningId, index] = parts
      return device && twinningId && index ? { device, twinningId, index: Number(index) } : undefined
    },
    digest,
  }
}

function nameOf({ operatorId, device, twinningId }: TwinningRef): string {
  return JSON.stringify([operatorId, device, twinningId])
}

function tryOpen(ring: Keys, purpose: Purpose, bytes: Buffer): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', ring.cipher, bytes.subarray(1, 1 + nonceBytes))
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes))
  try {
    return (
      decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
    )
  } catch {
    return undefined
  }
}

/** As a KeyObject: from bytes, Node makes one for each use, which takes longer than what it is used for. */
function derive(key: Buffer, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `twinning-gateway ${use}`, 32)))
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string')
}
