// What the image would hold, in a folder, and its command run there as a container would: as nobody, unable to write.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import type { Started } from '../support/process.ts'
import { readDockerfile } from './files.ts'

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
  for (const { from, source, target } of copies)
    if (from === undefined)
      cpSync(source, join(folder, target, target.endsWith('/') ? basename(source) : ''), { recursive: true })
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
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const exit = once(child, 'close') as Promise<[number | null]>
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended: async () => {
      const from = performance.now()
      const [code] = await exit
      return { code, ms: performance.now() - from }
    },
  }
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
