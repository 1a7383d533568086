// `npm start`. What Node has compiled once is not compiled at the next start, which then takes a third less (docs/hot-path.md);
// where that can't be kept, as on a read-only tree, nothing is lost but that.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
await import('./run.ts')
