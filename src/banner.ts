import type { Character } from './http/explorer.ts'
import type { Sandbox } from './sandbox/world.ts'

/** What `npm start` prints where it has brought its own operators: enough to play the whole story from it. */
export function describeSandbox({
  url,
  sandbox: { operators, issuer },
  characters,
}: {
  url: string
  sandbox: Sandbox
  characters: readonly Character[]
}): string {
  const lines = [
    '',
    'twinning-gateway, with a sandbox of its own (nothing here is real, nothing is kept)',
    '',
    ...(characters.length > 0 ? [`  demo             ${url}/demo`] : []),
    `  GraphiQL         ${url}/`,
    `  GraphQL          ${url}/graphql`,
    `  health, metrics  ${url}/health/ready  ${url}/metrics`,
    `  operator alpha   ${operators.alpha.serverRoot}  (tel:+1555…, sip:…@alpha.example)`,
    `  operator beta    ${operators.beta.serverRoot}  (tel:+1556…, sip:…@beta.example)`,
    `  token issuer     ${issuer.issuer}`,
    '',
  ]
  if (characters.length > 0)
    lines.push(...variables(url, operators.alpha, issuer, characters), ...firstCall(url, characters))
  lines.push('Ctrl-C stops it all. The README goes on from here.', '')
  return lines.join('\n')
}

function variables(
  url: string,
  alpha: Sandbox['operators']['alpha'],
  { tokenUrl, clients: { portal } }: Sandbox['issuer'],
  characters: readonly Character[],
): string[] {
  return [
    'Paste these lines into a shell; the tokens are good for twelve hours:',
    '',
    `GATEWAY=${url}`,
    '',
    ...characters.flatMap(({ name, who, token }) => [
      `# ${name}: ${who}`,
      `${name.toUpperCase()}=${token}`,
      '',
    ]),
    "# where an authCode made by alpha, the phone's operator, is exchanged",
    `ALPHA_TOKEN_URL=${alpha.tokenUrl}`,
    '',
    '# where faults of alpha are scripted, and what it was asked is listed, under /_sandbox/',
    `ALPHA_URL=${alpha.url}`,
    '',
    '# by which a partner portal gets its own token (client credentials)',
    `TOKEN_URL=${tokenUrl}`,
    `CLIENT_ID=${portal.clientId}`,
    `CLIENT_SECRET=${portal.clientSecret}`,
    '',
  ]
}

/** The story's first step, complete as it stands. */
function firstCall(url: string, [watch]: readonly Character[]): string[] {
  if (!watch) return []
  return [
    `Then the ${watch.name} asks for a twinning:`,
    '',
    `curl -s ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${watch.token}' -d '{"query":"mutation { requestTwinning(input: {name: \\"myWatch\\"}) { twinning { id activationCode twinningStatus } userErrors { message } } }"}'`,
    '',
  ]
}
