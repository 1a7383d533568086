import type { Dispatcher } from 'undici'

/** What came of an exchange; `broken`: no answer, or, with a status, a part of one. */
export type Received =
  | {
      readonly outcome: 'answer'
      readonly status: number
      readonly headers: Headers
      readonly text: string
    }
  | { readonly outcome: 'aborted' | 'timeout' | 'tooLong' }
  | { readonly outcome: 'broken'; readonly status: number | undefined; readonly cause: unknown }

/** By lower-case name; one that came more than once is a list. */
type Headers = Readonly<Record<string, string | string[] | undefined>>

const decoder = new TextDecoder('utf-8')

/**
 * One HTTP exchange, its body read to the end. It is over after `withinMs`, when the signal is aborted, and where the body is
 * longer than `maxBytes`, which for a refusal is an answer without text; its connection is closed then. Never rejects.
 */
export function receive(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { maxBytes, withinMs, signal }: { maxBytes: number; withinMs: number; signal?: AbortSignal },
): Promise<Received> {
  if (signal?.aborted) return Promise.resolve({ outcome: 'aborted' })
  // By undici's lowest interface, as every read of an operator comes by here: a stream and signals of signals for each of
  // them cost more than all else that is done about it.
  return new Promise((resolve) => {
    let exchange: Dispatcher.DispatchController | undefined
    let status: number | undefined
    let headers: Headers = {}
    let size = 0
    let isOver = false
    const chunks: Uint8Array[] = []
    const timer = setTimeout(() => giveUp({ outcome: 'timeout' }), withinMs)
    const leave = () => giveUp({ outcome: 'aborted' })
    signal?.addEventListener('abort', leave)

    function end(received: Received): void {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
      resolve(received)
    }

    function giveUp(received: Received): void {
      end(received)
      exchange?.abort(new Error('given up'))
    }

    dispatcher.dispatch(options, {
      onRequestStart: (controller) => {
        // It was given up while it waited for a connection. Thrown, as an abort would close that one for nothing.
        if (isOver) throw new Error('given up')
        exchange = controller
      },
      onResponseStart: (_, statusCode, fields) => {
        // An answer to come is none yet (RFC 9110 §15.2).
        if (statusCode < 200) return
        status = statusCode
        headers = fields
      },
      onResponseData: (_, chunk) => {
        size += chunk.byteLength
        if (size <= maxBytes) chunks.push(chunk)
        // A refusal needs no reasons.
        else if (status !== undefined && status >= 400)
          giveUp({ outcome: 'answer', status, headers, text: '' })
        else giveUp({ outcome: 'tooLong' })
      },
      onResponseEnd: () => {
        if (status !== undefined) end({ outcome: 'answer', status, headers, text: textOf(chunks) })
      },
      onResponseError: (_, cause) => end({ outcome: 'broken', status, cause }),
    })
  })
}

function textOf(chunks: readonly Uint8Array[]): string {
  const [first] = chunks
  return decoder.decode(first && chunks.length === 1 ? first : Buffer.concat(chunks))
}
