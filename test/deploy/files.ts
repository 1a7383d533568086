// What the files in deploy/ say, as far as tests ask.
import { globSync, readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'

/** A file's content, of which a test reads what it needs. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what stands there is what is asserted
export type Content = any

/** From the build's folder, or from another stage. */
export type Copy = { readonly from: string | undefined; readonly source: string; readonly target: string }

/** What a stage does, its Node and its variables aside. */
export type Stage = {
  readonly workdir: string
  readonly copies: readonly Copy[]
  readonly commands: readonly string[]
}

export type Dockerfile = {
  /** Those that have a name. */
  readonly stages: ReadonlyMap<string, Stage>
  /** What the last stage copies. */
  readonly copies: readonly Copy[]
  /** What any stage copies from the build's folder. */
  readonly sources: readonly string[]
  /** What is taken out of the production dependencies. */
  readonly removed: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly user: string | undefined
  readonly command: readonly string[]
  readonly healthCommand: readonly string[]
  readonly nodeImage: string | undefined
}

export function readDockerfile(): Dockerfile {
  const lines = readFileSync('deploy/Dockerfile', 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  const after = (word: string, among = last) =>
    among.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  const copies = (among: string[]) =>
    after('COPY', among).flatMap((rest) => {
      const words = rest.split(' ')
      const from = /^--from=(.*)/.exec(words[0] ?? '')?.[1]
      const [target = '', ...sources] = (from === undefined ? words : words.slice(1)).reverse()
      return sources.map((source) => ({ from, source, target }))
    })
  const stages = lines
    .join('\n')
    .split(/^(?=FROM )/m)
    .map((text) => text.split('\n'))
    .map((stage): [string, Stage] => [
      / AS (\S+)$/.exec(stage[0] ?? '')?.[1] ?? '',
      {
        workdir: after('WORKDIR', stage).at(-1) ?? '/',
        copies: copies(stage),
        commands: after('RUN', stage),
      },
    ])
  return {
    stages: new Map(stages.filter(([name]) => name !== '')),
    copies: copies(last),
    sources: copies(lines)
      .filter(({ from }) => from === undefined)
      .map(({ source }) => source),
    removed: after('RUN rm -rf', lines).flatMap((rest) => rest.split(' ')),
    environment: Object.fromEntries(
      after('ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=') as [string, string])),
    ),
    user: after('USER').at(-1),
    command: JSON.parse(after('CMD').at(-1) ?? '') as string[],
    healthCommand: JSON.parse(/\["node".*/.exec(after('HEALTHCHECK').at(-1) ?? '')?.[0] ?? '') as string[],
    nodeImage: /^ARG NODE_IMAGE=(.*)/m.exec(lines.join('\n'))?.[1],
  }
}

/** Paths that go into the build, and those in them that do not. */
export function readDockerignore(): { letIn: string[]; leftOut: string[] } {
  const [all, ...lines] = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (all !== '*') throw new Error('.dockerignore lets in what it does not name')
  return {
    letIn: lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    leftOut: lines.filter((line) => !line.startsWith('!')),
  }
}

export function readCompose(): Content {
  return parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }) as unknown
}

/** All objects in deploy/kubernetes/. */
export function readManifests(): Content[] {
  return globSync('deploy/kubernetes/*.yaml').flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true }).map((document) => {
      if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join()}`)
      return document.toJS() as unknown
    }),
  )
}

/** The manifest of this kind, of which there is one, or the one of this name. */
export function manifest(kind: string, name = 'twinning-gateway'): Content {
  const found = readManifests().filter((one) => one.kind === kind && one.metadata.name === name)
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`)
  return found[0]
}

/** The variables of a file such as gateway.env. */
export function readEnvironmentFile(file: string): Record<string, string> {
  return Object.fromEntries(
    [...readFileSync(file, 'utf8').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>
}
