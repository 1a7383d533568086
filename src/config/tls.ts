import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** TLS to somebody: whose certificates are trusted instead of the well-known ones, and how the gateway proves who it is. */
export type Tls = {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** What is wrong with one of the files. */
export type TlsFault = { readonly part: keyof Tls; readonly fault: string }

const expected: Readonly<Record<keyof Tls, string>> = {
  ca: 'expected the path of a file of certificates in PEM',
  cert: 'expected the path of a file of a certificate in PEM, and those that lead to it',
  key: 'expected the path of a file of a private key in PEM, without a passphrase',
}
const certificates = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

const settingOf = { ca: 'OMA_CA_FILE', cert: 'OMA_CLIENT_CERT_FILE', key: 'OMA_CLIENT_KEY_FILE' } as const

/** What the settings say of TLS, as they were given: to the one operator, and to Redis. */
export function readTlsFiles(given: Readonly<Record<string, string | undefined>>) {
  const operator = readTls({
    ca: given.OMA_CA_FILE,
    cert: given.OMA_CLIENT_CERT_FILE,
    key: given.OMA_CLIENT_KEY_FILE,
  })
  const redis = readTls({ ca: given.REDIS_CA_FILE })
  const problems = [
    ...('faults' in operator
      ? operator.faults.map(({ part, fault }) => ({ variable: settingOf[part], fault }))
      : []),
    ...('faults' in redis ? redis.faults.map(({ fault }) => ({ variable: 'REDIS_CA_FILE', fault })) : []),
  ]
  return 'tls' in operator && 'tls' in redis
    ? { operator: operator.tls, redisCa: redis.tls.ca }
    : { problems }
}

/** Reads the files of these paths, and looks whether they are what they are meant to be. No fault quotes anything. */
export function readTls(paths: Tls): { tls: Tls } | { faults: readonly TlsFault[] } {
  const faults: TlsFault[] = []
  const part = <T>(name: keyof Tls, check: (pem: string) => T): { pem: string; checked: T } | undefined => {
    const path = paths[name]
    if (path === undefined) return undefined
    try {
      const pem = readFileSync(path, 'utf8')
      return { pem, checked: check(pem) }
    } catch {
      faults.push({ part: name, fault: expected[name] })
      return undefined
    }
  }
  const ca = part('ca', certificatesIn)
  const cert = part('cert', certificatesIn)
  const key = part('key', (pem) => createPrivateKey(pem))
  if (cert && key && !fits(cert.checked, key.checked))
    faults.push({ part: 'key', fault: 'expected the private key of the certificate' })
  for (const [name, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const)
    // prettier-ignore
    if (paths[name] !== undefined && paths[other] === undefined)
      faults.push({ part: other, fault: 'expected to be set: a certificate goes with its key' })
  if (faults.length > 0) return { faults }
  return { tls: { ...(ca && { ca: ca.pem }), ...(cert && key && { cert: cert.pem, key: key.pem }) } }
}

function certificatesIn(pem: string): [X509Certificate, ...X509Certificate[]] {
  const [first, ...rest] = (pem.match(certificates) ?? []).map((one) => new X509Certificate(one))
  if (!first) throw new TypeError('no certificate')
  return [first, ...rest]
}

function fits([certificate]: readonly [X509Certificate, ...X509Certificate[]], key: KeyObject): boolean {
  return certificate.checkPrivateKey(key)
}
