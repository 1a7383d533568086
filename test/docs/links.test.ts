// The documents as a site: whatever they lead to is there, and every page is found.
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const pages = globSync('**/*.md', { exclude: (path) => /(^|\/)node_modules$/.test(path) })
const site = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')

/** A page without its fenced blocks: nothing in them is a heading or a link. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replace(/^( *)```[^]*?^\1```$/gm, '')
}

type Link = { readonly page: string; readonly to: string; readonly file: string; readonly anchor?: string }

function linksOf(page: string): Link[] {
  const prose = proseOf(page).replace(/`[^`\n]*`/g, 'code')
  const found = /\]\(([^)\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)|\b(?:href|src|srcset)="([^"]+)"/gm
  return [...prose.matchAll(found)]
    .map(([, inline, reference, html]) => inline ?? reference ?? html ?? '')
    .filter((to) => !/^(https?|mailto):/.test(to))
    .map((to) => {
      const [path = '', anchor] = to.split('#')
      const file = path ? normalize(join(dirname(page), decodeURI(path))) : page
      return { page, to, file, ...(anchor !== undefined && { anchor }) }
    })
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(page).matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[^\p{L}\p{N}\p{M}\- _]/gu, '')
    const slug = words.trim().toLowerCase().replaceAll(' ', '-')
    let unique = slug
    for (let i = 1; anchors.has(unique); i++) unique = `${slug}-${i}`
    anchors.add(unique)
  }
  return anchors
}

test('every link between documents, and into the code, leads to what is there', () => {
  const links = pages.flatMap(linksOf)

  const dead = links.filter(({ file, anchor }) => {
    if (!existsSync(file)) return true
    return anchor !== undefined && !(statSync(file).isFile() && anchorsOf(file).has(anchor))
  })

  assert.ok(links.length > 100)
  assert.deepEqual(
    dead.map(({ page, to }) => `${page}: ${to}`),
    [],
  )
})

test('docs/code.md leads into every folder of src', () => {
  const page = proseOf('docs/code.md')
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory())

  assert.deepEqual(folders.map(({ name }) => `src/${name}/`).filter((folder) => !page.includes(folder)), []) // prettier-ignore
})

test('every code that an error may have is told of in the README, and to partner portals what to do', () => {
  const [, union = ''] =
    /^export type ErrorCode =\n([^]*?)\n\n/m.exec(readFileSync('src/errors.ts', 'utf8')) ?? []
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)

  assert.ok(codes.length >= 10)
  for (const page of ['README.md', 'docs/partners.md'])
    assert.deepEqual(codes.filter((code) => !proseOf(page).includes(`\`${code}\``)), [], page) // prettier-ignore
})

test('docs/README.md lists every page by its title, which is what its reader wants', () => {
  const index = proseOf('docs/README.md')
  for (const page of site) {
    const [, title = ''] = /^# (.+)$/m.exec(proseOf(page)) ?? []
    assert.match(title, /^I (want|have|run) /, page)
    assert.ok(index.includes(`[${title}](${page.slice('docs/'.length)})`), `${page}: ${title}`)
  }
})

test('every document is found from the README', () => {
  const found = new Set<string>(['README.md'])
  for (const page of found)
    for (const { file } of linksOf(page)) if (file.endsWith('.md') && existsSync(file)) found.add(file)

  assert.deepEqual(
    pages.filter((page) => !found.has(page)),
    [],
  )
})
