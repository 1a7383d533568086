// What the image would hold, in a folder, and its command run there as a container would: as nobody, unable to write.
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, relative, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { follow, type Started } from '../support/process.ts'
import { readDockerfile, readDockerignore, type Copy } from './files.ts'

const nobody = 65_534

/** Only root can become somebody else; otherwise the command runs as whoever runs the test. */
export const canBecomeNobody = process.getuid?.() === 0

/** The files of the image's last stage, from those that are here, and the Node that is to run them. */
export function buildImage(t: TestContext): { folder: string; node: string } {
  const root = mkdtempSync(join(tmpdir(), 'image-'))
  const folder = join(root, 'app')
  t.after(() => {
    for (const path of [root, ...folders(root)]) chmodSync(path, 0o755)
    rmSync(root, { recursive: true })
  })
  const { copies, removed } = readDockerfile()
  const demo = buildDemo(t)
  for (const copy of copies)
    if (copy.from === undefined) put(copy, '.', folder)
    else if (copy.from === 'demo') put(copy, demo, folder)
  for (const path of productionPackages()) {
    if (removed.some((gone) => path === gone || path.startsWith(`${gone}/`)) || !existsSync(path)) continue
    const filter = (from: string) => !relative(path, from).split('/').includes('node_modules')
    cpSync(path, join(folder, path), { recursive: true, filter })
  }
  const node = join(root, 'bin', 'node')
  mkdirSync(dirname(node))
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o555)
  for (const file of globSync('**', { cwd: folder, withFileTypes: true }))
    if (file.isFile()) chmodSync(join(file.parentPath, file.name), 0o444)
  for (const path of [...folders(root), root]) chmodSync(path, 0o555)
  return { folder, node }
}

/** Runs one of the Dockerfile's commands there, with its environment and this one, and no home. */
export function runImage(
  t: TestContext,
  { folder, node }: { folder: string; node: string },
  [program = '', ...args]: readonly string[],
  environment: Record<string, string>,
): Started {
  if (program !== 'node') throw new Error(`not a command of Node: ${program}`)
  const child = spawn(node, args, {
    cwd: folder,
    env: { ...readDockerfile().environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(canBecomeNobody && { uid: nobody, gid: nobody }),
  })
  return follow(t, child)
}

/**
 * The root of the stage that builds the demo: what it copies, and what its last command makes of that with packages that
 * are installed here.
 */
function buildDemo(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'stage-'))
  t.after(() => rmSync(root, { recursive: true }))
  const { workdir = '/', copies = [], commands = [] } = readDockerfile().stages.get('demo') ?? {}
  const folder = join(root, workdir)
  for (const copy of copies) put(copy, '.', copy.target.startsWith('/') ? root : folder)
  symlinkSync(resolve('demo/node_modules'), join(folder, 'node_modules'))
  const [install = '', ...builds] = commands
  if (!install.startsWith('npm ci ')) throw new Error(`not an installation: ${install}`)
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)
  for (const build of builds)
    execFileSync('sh', ['-c', build], { cwd: folder, env: { PATH }, stdio: ['ignore', 'ignore', 'inherit'] })
  return root
}

/** As COPY does it: of a folder its content, without what .dockerignore leaves out. */
function put({ source, target }: Copy, from: string, into: string): void {
  const path = join(from, source)
  const to = join(into, target, target.endsWith('/') && statSync(path).isFile() ? basename(path) : '')
  const leftOut = from === '.' ? readDockerignore().leftOut : []
  cpSync(path, to, { recursive: true, filter: (file) => !leftOut.includes(relative('.', file)) })
}

/** The folders of all packages that `npm ci --omit=dev` installs. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path]) => path)
}

function folders(root: string): string[] {
  return globSync('**', { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
}
