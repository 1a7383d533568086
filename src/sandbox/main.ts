// `npm run sandbox`: the sandbox alone, for a gateway in another process or for curl.
import { parseArgs } from 'node:util'
import type { WireRole } from '../oma/wire.ts'
import { phoneAddress } from './characters.ts'
import { listUrl } from './resources.ts'
import { createSandbox } from './world.ts'
import type { Sandbox } from './world.ts'

type Flags = {
  readonly port: number
  readonly host: string
  readonly vmAddressOn: WireRole
  readonly help: boolean
}

const usage = `npm run sandbox -- [flags]

  --port <n>                           operator alpha; beta takes the next port, the token issuer the one after (4100)
  --host <name>                        where to listen (127.0.0.1)
  --vm-address-on Secondary|Primary    whose resource carries primaryDeviceVMAddress (Secondary)
  --help
`

/** @throws TypeError whose message is for the person at the terminal */
function readFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4100' },
      host: { type: 'string', default: '127.0.0.1' },
      'vm-address-on': { type: 'string', default: 'Secondary' },
      help: { type: 'boolean', default: false },
    },
  })
  const { port, host, 'vm-address-on': vmAddressOn, help } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_533) {
    throw new TypeError(`--port: expected 0 to 65533, got '${port}'`)
  }
  if (vmAddressOn !== 'Secondary' && vmAddressOn !== 'Primary') {
    throw new TypeError(`--vm-address-on: expected Secondary or Primary, got '${vmAddressOn}'`)
  }
  return { port: Number(port), host, vmAddressOn, help }
}

async function describe({
  operators,
  issuer,
  characters,
  accessToken,
  operatorTable,
}: Sandbox): Promise<string> {
  const { alpha, beta } = operators
  const cast = await Promise.all(
    Object.values(characters).map(async ({ name, who, address, scope, token }) =>
      [
        `${name}: ${who}`,
        `  ${address === undefined ? '' : `${address}, `}${scope}`,
        `  ${await token()}`,
      ].join('\n'),
    ),
  )
  const secrets = Object.values(issuer.clients).map(
    ({ clientId, clientSecret }) => `  ${clientId} ${clientSecret}`,
  )
  return `Operator alpha  ${alpha.serverRoot}   (faults, requests, settings: ${alpha.url}/_sandbox/)
Operator beta   ${beta.serverRoot}   (the same: ${beta.url}/_sandbox/)
Token issuer    ${issuer.issuer}

Paste this into a shell to script faults, as the README has it:

ALPHA_URL=${alpha.url}

Ask an operator:

curl -s -H 'Authorization: Bearer ${accessToken}' '${listUrl(alpha.serverRoot, phoneAddress)}'

Tokens for the gateway, good for twelve hours:

${cast.join('\n')}

or from ${issuer.tokenUrl} (grant_type=client_credentials):
${secrets.join('\n')}

A gateway that uses all this: put this in operators.json

${JSON.stringify(operatorTable, undefined, 2)}

and start it with

OMA_OPERATORS_FILE=operators.json
JWKS_URL=${issuer.jwksUrl}
JWT_ISSUER=${issuer.issuer}
JWT_AUDIENCE=${issuer.audience}

Ctrl-C stops the sandbox.`
}

async function run(): Promise<void> {
  const { port, host, vmAddressOn, help } = readFlags(process.argv.slice(2))
  if (help) {
    process.stdout.write(usage)
    return
  }
  const portAt = (offset: number): number => (port === 0 ? 0 : port + offset)
  const ports = { alpha: portAt(0), beta: portAt(1), issuer: portAt(2) }
  const sandbox = await createSandbox({ host, ports, vmAddressOn })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close())
  console.log(await describe(sandbox))
}

try {
  await run()
} catch (error) {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  console.error(`sandbox: ${line}`)
  process.exitCode = 1
}
