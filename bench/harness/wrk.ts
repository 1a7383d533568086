import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { explainMissing, findProgram } from '../../scripts/programs.js'

/** What wrk saw in one slice of time. */
export type Slice = {
  readonly requests: number
  readonly seconds: number
  readonly bytes: number
  /** Connections that failed, answers that did not come in time, and statuses of 400 and more. */
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const run = promisify(execFile)
const script = fileURLToPath(new URL('replay.lua', import.meta.url))

/** Sends a file of requests to a server for so long. */
export async function drive({
  url,
  file,
  seconds,
  connections = 64,
  from = 0,
  ends,
}: {
  url: string
  file: string
  seconds: number
  connections?: number
  /** How many of them have been sent before. */
  from?: number
  /** A file of texts that make each request another one than all before. */
  ends?: string | undefined
}): Promise<Slice> {
  const wrk = findProgram('wrk')
  if (wrk === undefined) throw new Error(explainMissing('wrk'))
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]
  const { stdout } = await run(
    wrk,
    [...args, '--', file, String(from), ...(ends === undefined ? [] : [ends])],
    { timeout: seconds * 1000 + 60_000 },
  )
  const [, json] = /^RESULT (.*)$/m.exec(stdout) ?? []
  if (json === undefined) throw new Error(`wrk said nothing that can be read:\n${stdout}`)
  return JSON.parse(json) as Slice
}

/** Writes requests where wrk's script reads them. */
export function writeRequests(file: string, requests: readonly string[]): void {
  writeFileSync(file, requests.map((raw) => `${Buffer.byteLength(raw)}\n${raw}`).join(''))
}

/** A POST of GraphQL, byte for byte. */
export function rawRequest({ query, variables }: Asked, token: string | undefined): string {
  const body = JSON.stringify({ query, variables })
  return [
    'POST /graphql HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/json',
    'accept: application/json',
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

/** A GraphQL request. */
export type Asked = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }
