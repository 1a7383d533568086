import { pino, type DestinationStream, type Logger } from 'pino'
import type { LogLevel } from '../config/config.ts'
import { listen } from './channels.ts'
import { redact } from './redaction.ts'

// A process has one.
let output: DestinationStream | undefined

/** The log, as JSON lines. `destination`: standard output, unless told otherwise. */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    // Only what is named here of a request gets into the log: its URL, headers and body hold personal data.
    serializers: { req: () => undefined, err: describe },
  }
  return pino(options, redacting(destination ?? (output ??= standardOutput())))
}

// Lines are written together: one write for each takes longer than many an answer. What is not read for so long that
// this much is waiting is dropped, as the gateway must not wait for whoever reads its log, nor run out of memory.
const written = {
  minLength: 32 * 1024,
  maxWrite: 64 * 1024,
  periodicFlush: 100,
  maxLength: 8 * 1024 * 1024,
}

// A thread of the pool takes less, unless nobody reads: what comes after it must not get into the middle of it.
const lastWriteMs = 50

/** What is still waiting when the process ends is written then. */
function standardOutput(): DestinationStream {
  const { write, flush } = gathering((lines) => stream.write(lines))
  // Before the stream's own, which writes what it has been given, and does not wait for what is being written.
  process.once('exit', () => {
    if (Reflect.get(stream, '_writing') === true)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lastWriteMs)
    flush()
  })
  const stream = pino.destination({ dest: 1, sync: false, ...written })
  return { write }
}

/** Hands over the lines of one turn of the event loop together: the stream takes longer for each than to make one. */
function gathering(write: (lines: string) => unknown) {
  let lines = ''
  const flush = () => {
    const all = lines
    lines = ''
    if (all !== '') write(all)
  }
  return {
    flush,
    write: (line: string) => {
      if (lines === '') setImmediate(flush)
      lines += line
      if (lines.length >= written.minLength) flush()
    },
  }
}

// What ends so has a closed set of fields, and there is one for each request.
const endOfRequest = '"msg":"request"}\n'

function redacting(destination: DestinationStream): DestinationStream {
  return {
    write: (line) => destination.write(line.endsWith(endOfRequest) ? line : redact(line)),
  }
}

const mostToldOf = 1000

/** Writes what the channels report; answers how to stop. */
export function logReports(log: Logger): () => void {
  const toldOf = new Set<string>()
  const stops = [
    listen('upstream.request', (facts) => log.debug(facts, 'upstream request')),
    listen('upstream.leftOut', (facts) =>
      log.warn(facts, 'a twinning in an operator’s list could not be decoded'),
    ),
    listen('cache.failure', (facts) => log.warn(facts, 'Redis failed; going on without it')),
    listen('document.untrusted', (facts) => {
      // Each once: whoever wants to know how often looks at the metrics.
      if (toldOf.size >= mostToldOf || toldOf.has(facts.hash)) return
      toldOf.add(facts.hash)
      log.info(facts, 'a document that is not trusted')
    }),
    listen('notification.received', (facts) => log.debug(facts, 'notification')),
    listen('router.invalidation', (facts) => {
      if (facts.outcome === 'failed') log.warn(facts, 'the router did not drop what it keeps of a change')
    }),
    listen('telemetry.export', (facts) => {
      if (facts.outcome === 'failed') log.warn(facts, 'the collector did not take what was sent by OTLP')
    }),
    listen('auth.keys', (facts) => {
      if (facts.outcome !== 'fetched')
        log.warn(facts, 'the key set that signs access tokens could not be fetched')
    }),
    listen('auth.revocations', (facts) => {
      if (facts.outcome === 'unknown') log.warn(facts, 'revocations could not be read of Redis')
      if (facts.outcome === 'unreadable') log.warn(facts, 'a message is no revocation')
    }),
    listen('change.recorded', (facts) => {
      if (facts.outcome === 'lost') log.warn(facts, 'changes are lost to the change stream')
    }),
    listen('error.unexpected', ({ error }) => log.error({ err: error }, 'unexpected error')),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** Name, place and cause of an error. Its message may quote what a client or an operator sent, and is left out. */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    stack: frames.map((line) => line.trim()).slice(0, 12),
    ...(error.cause !== undefined && { cause: describe(error.cause) }),
  }
}
