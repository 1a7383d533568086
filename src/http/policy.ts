import type { FastifyReply } from 'fastify'

/** Sends a page, or a part of one, under this content security policy. */
export function secure(reply: FastifyReply, policy: string): FastifyReply {
  return reply.headers({
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
}

/** The policy of a page that is whole from this server: what it may load besides, and what it may do with it. */
export function pagePolicy(host: string, sources: Readonly<Record<'script-src' | 'style-src', string>>) {
  // Not every browser counts ws: as 'self'. The host is the caller's word, so only a plain one may enter a header.
  const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : ''
  return [
    "default-src 'none'",
    `script-src ${sources['script-src']}`,
    `style-src ${sources['style-src']}`,
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self'${sockets}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** What a page could be misused for: the devices of whoever looks at it, and the window that opened it. */
export const pageOnly = {
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': ['camera', 'geolocation', 'microphone', 'payment', 'usb', 'serial', 'hid']
    .map((feature) => `${feature}=()`)
    .join(', '),
}
