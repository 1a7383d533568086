// Certificates of the test's own making: an authority, and what it has signed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { findProgram } from './programs.ts'

export type Certificate = { readonly cert: string; readonly key: string }

/** Paths of files in PEM. */
export type Authority = Certificate & {
  /** Signs a certificate for this name, or for this computer's address. */
  readonly sign: (name: string) => Certificate
}

export function createAuthority(t: TestContext): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  t.after(() => rmSync(folder, { recursive: true }))
  let count = 0

  function make(name: string, args: readonly string[]): Certificate {
    const base = join(folder, String(++count))
    const [cert, key] = [`${base}.pem`, `${base}.key`]
    const fresh = [
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ]
    const out = ['-subj', `/CN=${name}`, '-keyout', key, '-out', cert]
    execFileSync(findProgram('openssl'), ['req', ...fresh, ...out, ...args], { stdio: 'pipe' })
    return { cert, key }
  }

  const root = make('authority', [])
  return {
    ...root,
    sign: (name) => {
      const alternative = `subjectAltName=${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`
      const leaf = ['-addext', alternative, '-addext', 'basicConstraints=critical,CA:FALSE']
      return make(name, ['-CA', root.cert, '-CAkey', root.key, ...leaf])
    },
  }
}

/** A file that holds something else. */
export function writeBroken(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'broken-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'broken.pem')
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nsekret\n-----END CERTIFICATE-----\n')
  return file
}
