// `npm run sdl [-- full|plain]`: the SDL that composers get, as SDL_TARGET or the argument says.
import { existsSync } from 'node:fs'
import { readSchema, sdlOf } from '../src/graphql/sdl.ts'

// What the environment has set already stays.
if (existsSync('.env')) process.loadEnvFile('.env')
const target = process.argv[2] ?? (process.env.SDL_TARGET?.trim() || 'full')
if (target === 'full' || target === 'plain') {
  console.log(sdlOf(readSchema(), target))
} else {
  console.error('SDL_TARGET: expected full or plain')
  process.exitCode = 1
}
