import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { parseAddress } from './address.ts'
import type { TwinningRef } from './twinning.ts'

/** Makes what a client may keep but not read: ids of twinnings and cursors. */
export type Sealer = {
  /** The opaque id of a twinning: the same on every instance with the same key. */
  readonly sealRef: (ref: TwinningRef) => string
  /** `undefined` for whatever is no id of ours: forged, truncated, of another key, of another kind. */
  readonly openRef: (id: string) => TwinningRef | undefined
  readonly sealCursor: (cursor: Cursor) => string
  readonly openCursor: (text: string) => Cursor | undefined
  /** A keyed digest, for comparing what must not be kept (an input with an activationCode). */
  readonly digest: (text: string) => string
}

/** A place in a device's list: the twinning that stood there, and its index, should it be gone. */
export type Cursor = { readonly device: string; readonly twinningId: string; readonly index: number }

const version = 1
const nonceBytes = 12
const tagBytes = 16

type Purpose = 'id' | 'cursor'
type Keys = { readonly nonce: Buffer; readonly cipher: Buffer }

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

  return {
    sealRef: ({ operatorId, device, twinningId }) => seal('id', [operatorId, device, twinningId]),
    openRef: (id) => {
      const parts = open('id', id)
      if (!isTexts(parts)) return undefined
      const [operatorId, address, twinningId] = parts
      const device = parseAddress(address ?? '')
      return operatorId && device && twinningId ? { operatorId, device, twinningId } : undefined
    },
    sealCursor: ({ device, twinningId, index }) => seal('cursor', [device, twinningId, String(index)]),
    openCursor: (text) => {
      const parts = open('cursor', text)
      if (!isTexts(parts)) return undefined
      const [device, twinningId, index] = parts
      return device && twinningId && index ? { device, twinningId, index: Number(index) } : undefined
    },
    digest: (text) => createHmac('sha256', digestKey).update(text).digest('base64url'),
  }
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

function derive(key: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `twinning-gateway ${use}`, 32))
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string')
}
