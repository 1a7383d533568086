import { readConfig } from '../../src/config/config.ts'
import { createSealer } from '../../src/domain/ids.ts'
import { parseAddress } from '../../src/domain/address.ts'
import type { Answer } from '../support/gateway.ts'

/** An error as its place and its code: what a client acts on. */
export function failures({ errors }: Pick<Answer, 'errors'>) {
  return errors.map(({ extensions: { code }, path }) => ({ code, path }))
}

/** The id that the gateway gives a twinning, made without asking for it: asking would warm the cache. */
export function idOf(operatorId: string, device: string, twinningId: string): string {
  const read = readConfig({})
  if (!('config' in read)) throw new TypeError('the default settings are good')
  return createSealer(read.config.idKeys).sealRef({ operatorId, device: parseAddress(device)!, twinningId })
}

/** A device's list below the server root, or one of its members. */
export function pathOf(device: string, twinningId?: string): string {
  return `/${encodeURIComponent(device)}/twinnings${twinningId === undefined ? '' : `/${twinningId}`}`
}

/** POST /graphql with this Authorization header, word for word. */
export async function ask(
  url: string,
  authorization: string | undefined,
  query = '{ twinningDevice { address } }',
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization !== undefined && { authorization }),
    },
    body: JSON.stringify({ query }),
  })
  const body = (await response.json()) as Partial<Answer>
  const { data = {}, errors = [], extensions } = body
  return { status: response.status, headers: response.headers, data, errors, extensions }
}
