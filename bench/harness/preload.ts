// Loaded into the gateway before itself, where it is to be profiled: SIGUSR2 starts that, and the next one ends it and
// writes what was found to the file that TWINNING_BENCH_PROFILE names.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

const file = process.env['TWINNING_BENCH_PROFILE'] ?? ''
const session = new Session()
let running = false

process.on('SIGUSR2', () => void toggle())

async function toggle(): Promise<void> {
  running = !running
  if (running) {
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 500 })
    await session.post('Profiler.start')
  } else {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    writeFileSync(file, JSON.stringify(profile))
  }
}
