// What is there when the world begins, made as devices make it: over HTTP, by the rules.
import type { WireNewTwinning, WireTwinning, WireTwinningBody } from '../oma/wire.ts'
import { phoneAddress } from './characters.ts'
import { readElements, readTwinning } from './elements.ts'
import type { Operator } from './operator.ts'
import { listUrl } from './resources.ts'

type World = { alpha: Operator; beta: Operator; accessToken: string }

/** A car that is On with the phone, a tablet that is Off with it, and a scooter that is still Pending. */
export async function populate({ alpha, beta, accessToken }: World): Promise<void> {
  const send = (
    method: string,
    url: string,
    twinning: WireNewTwinning | WireTwinning,
  ): Promise<WireTwinning> => sendTwinning(method, url, twinning, accessToken)
  const request = (operator: Operator, address: string, name: string): Promise<WireTwinning> =>
    send('POST', listUrl(operator.serverRoot, address), { role: 'Secondary', name })
  const activate = ({ activationCode = '' }: WireTwinning): Promise<WireTwinning> =>
    send('POST', listUrl(alpha.serverRoot, phoneAddress), {
      role: 'Primary',
      name: 'myPhone',
      activationCode,
    })

  await activate(await request(beta, 'sip:car-7@beta.example', 'myCar'))
  const withTablet = await activate(await request(alpha, 'sip:tablet-3@alpha.example', 'myTablet'))
  const tabletOff: WireTwinning = { ...withTablet, twinningStatus: 'Off' }
  await send('PUT', withTablet.resourceURL, tabletOff)
  await request(beta, 'sip:scooter-2@beta.example', 'myScooter')

  // Nobody has called yet.
  alpha.clearRequests()
  beta.clearRequests()
}

async function sendTwinning(
  method: string,
  url: string,
  twinning: WireNewTwinning | WireTwinning,
  accessToken: string,
): Promise<WireTwinning> {
  const body: { twinning: WireNewTwinning } | WireTwinningBody = { twinning }
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new TypeError(`seeding the sandbox: ${response.status} to ${method}`)
  return readTwinning(readElements(await response.text()))
}
