import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import type { FastifyInstance } from 'fastify'
import { ruruHTML } from 'ruru/server'
import { getStaticFile, type StaticFile } from 'ruru/static'
import { pageOnly, pagePolicy, secure } from './policy.ts'

/** Somebody whom the explorer's visitor can call the API as, with one click. */
export type Character = { readonly name: string; readonly who: string; readonly token: string }

export type ExplorerOptions = {
  readonly characters: readonly Character[]
  /** What the editor holds at a first visit. */
  readonly firstQuery?: string
}

/**
 * GraphiQL at `GET /`, whole from this server. The page holds the characters' tokens: give it none that is worth
 * anything outside the sandbox. Without characters it has no bar to choose one.
 */
export function registerExplorer(
  app: FastifyInstance,
  { characters, firstQuery = myTwinnings }: ExplorerOptions,
): void {
  const ours = readAssets()
  const assetsPath = `/explorer/${versionOf(ours)}/`

  app.get('/', (request, reply) => {
    const nonce = randomBytes(16).toString('base64')
    return secure(reply, policyWith(nonce, request.host))
      .headers(pageOnly)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(explorerPage({ characters, firstQuery, assetsPath, nonce }))
  })

  app.get<{ Params: { '*': string } }>('/explorer/*', async (request, reply) => {
    const urlPath = `/explorer/${request.params['*']}`
    const asset = urlPath.startsWith(assetsPath)
      ? (ours.get(urlPath.slice(assetsPath.length)) ??
        (await getStaticFile({
          staticPath: assetsPath,
          urlPath,
          acceptEncoding: request.headers['accept-encoding'],
          disallowDevAssets: true,
        })))
      : undefined
    if (!asset) {
      reply.callNotFound()
      return reply
    }
    return secure(reply, workerPolicy)
      .headers(asset.headers)
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('vary', 'accept-encoding')
      .send(asset.content)
  })
}

const graphqlPath = '/graphql'

const myTwinnings = `# The twinnings of the device that calls. Choose above who that is.
query MyTwinnings {
  twinningDevice {
    address
    twinnings {
      totalCount
      nodes {
        id
        role
        name
        twinningStatus
        otherDevice {
          address
          name
        }
        ... on SecondaryTwinning {
          voicemailAccess {
            address
          }
        }
      }
    }
  }
}
`

// A worker obeys the policy of its own response, not of the page that starts it.
const workerPolicy = "default-src 'none'; script-src 'self'"

function readAssets(): ReadonlyMap<string, StaticFile> {
  return new Map([
    ['bar.js', readAsset('bar.js', 'text/javascript; charset=utf-8')],
    ['explorer.css', readAsset('explorer.css', 'text/css; charset=utf-8')],
    ['icon.svg', readAsset('icon.svg', 'image/svg+xml')],
  ])
}

function readAsset(name: string, contentType: string): StaticFile {
  const content = readFileSync(new URL(`explorer/${name}`, import.meta.url))
  return { content, headers: { 'content-type': contentType } }
}

// Browsers keep assets for a year: whatever can change them has to change their path.
function versionOf(assets: ReadonlyMap<string, StaticFile>): string {
  const ruru = findPackageJSON('ruru', import.meta.url)
  if (!ruru) throw new TypeError('the package "ruru" is not installed')
  const hash = createHash('sha256').update(readFileSync(ruru))
  for (const { content } of assets.values()) hash.update(content)
  return hash.digest('hex').slice(0, 12)
}

function policyWith(nonce: string, host: string): string {
  return pagePolicy(host, {
    'script-src': `'self' 'nonce-${nonce}'`,
    // The editor, Monaco, positions every line with a style attribute.
    'style-src': "'self' 'unsafe-inline'",
  })
}

type Page = Required<ExplorerOptions> & { readonly assetsPath: string; readonly nonce: string }

function explorerPage({ characters, firstQuery, assetsPath, nonce }: Page): string {
  const nonced = (scripts: string) => scripts.replaceAll('<script', `<script nonce="${nonce}"`)
  return ruruHTML({
    endpoint: graphqlPath,
    staticPath: assetsPath,
    htmlParts: {
      metaTags: (tags) => `${tags}\n<meta name="viewport" content="width=device-width, initial-scale=1" />`,
      titleTag: `<title>twinning-gateway</title>\n<link rel="icon" href="${assetsPath}icon.svg" />`,
      styleTags: ['ruru.css', 'explorer.css']
        .map((file) => `<link rel="stylesheet" href="${assetsPath}${file}" />`)
        .join('\n'),
      configScript: (_, config) => nonced(configScript({ ...config, defaultQuery: firstQuery })),
      headerScripts: nonced,
      bodyContent: (content) => (characters.length > 0 ? bar(characters, assetsPath) : '') + content,
      bodyScripts: nonced,
      bodyInitScript: nonced,
    },
  })
}

// Ruru's own escaping overlooks </SCRIPT> in capitals. GraphiQL remembers a query once it was edited; without the last line
// a reload before that opens an empty tab beside the first query's.
function configScript(config: object): string {
  return `<script>
const RURU_CONFIG = ${escapeJson(config)};
RURU_CONFIG.initialQuery = localStorage.getItem("graphiql:query") ?? RURU_CONFIG.defaultQuery;
</script>`
}

// Modules run in the order of the document: the bar's takes its place before Ruru's makes the first request.
function bar(characters: readonly Character[], assetsPath: string): string {
  const nobody = { name: 'nobody', who: 'no token at all', token: '' }
  const buttons = [...characters, nobody].map(
    ({ name, who, token }) =>
      `<button type="button" aria-pressed="false" value="${escapeHtml(name)}" title="${escapeHtml(who)}"` +
      ` data-token="${escapeHtml(token)}">${escapeHtml(name)}</button>`,
  )
  return `<header class="call-as" data-endpoint="${graphqlPath}">
<div role="group" aria-labelledby="call-as"><span id="call-as">Call as:</span>${buttons.join('')}</div>
<output></output>
</header>
<script type="module" src="${assetsPath}bar.js"></script>
`
}

function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
