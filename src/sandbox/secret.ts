import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A fresh secret, safe in a URL, a header and a shell word. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/** Compares in a time that tells nothing of where the two differ. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
