import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../examples/federation/process.ts'
import { parseAddress } from '../../src/domain/address.ts'
import { createSealer } from '../../src/domain/ids.ts'
import { deviceAt, perDevice } from '../servers/twinnings.ts'
import { startIssuer, type Issuer } from './issuer.ts'
import { startNode } from './process.ts'

/** A twinning by its device and the operator's id of it. */
export type Ref = { readonly device: string; readonly twinningId: string }

/** What everybody who is measured stands in front of, and what is known of it. */
export type World = {
  readonly operator: Operator
  readonly issuer: Issuer
  readonly idKey: string
  /** The gateway's own id of a twinning. */
  readonly seal: (ref: Ref) => string
  /** A folder that ends with the run. */
  readonly folder: string
  readonly close: () => Promise<void>
}

export type Operator = {
  readonly url: string
  readonly pid: number
  readonly answerAfter: (ms: number) => Promise<void>
  /** How often it was called since this was asked the last time. */
  readonly calls: () => Promise<number>
}

export const tokenCount = 1000

export async function createWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'twinning-bench-'))
  const key = randomBytes(32)
  const sealer = createSealer([key])
  const issuer = await startIssuer(tokenCount)
  const { stop, ...operator } = await startOperator()
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return {
    operator,
    issuer,
    idKey: key.toString('base64'),
    seal: ({ device, twinningId }) => {
      const address = parseAddress(device)
      if (!address) throw new TypeError('a device of the bench has an address')
      return sealer.sealRef({ operatorId: 'default', device: address, twinningId })
    },
    folder,
    close: async () => {
      issuer.close()
      await stop()
    },
  }
}

async function startOperator(): Promise<Operator & { stop: () => Promise<void> }> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const program = fileURLToPath(new URL('../servers/operator.ts', import.meta.url))
  const { pid, stop } = await startNode([program, String(port)], `${url}/calls`)
  return {
    url,
    pid,
    answerAfter: async (ms) => {
      await (await fetch(`${url}/delay/${ms}`, { method: 'POST' })).text()
    },
    calls: async () => Number(await (await fetch(`${url}/calls`)).text()),
    stop,
  }
}

/** The n-th twinning: those of one device follow one another. */
export function refAt(n: number): Ref {
  return { device: deviceAt(Math.floor(n / perDevice)), twinningId: `t${n % perDevice}` }
}
