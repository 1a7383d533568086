import { report } from '../telemetry/channels.ts'

/** `sent` is called once it is on its way. */
type Letter = {
  readonly response: {
    readonly end: (body: string, encoding: BufferEncoding) => unknown
    readonly destroy: () => unknown
  }
  readonly body: string
  readonly encoding: BufferEncoding
  readonly sent: () => void
}

// What is long takes the reader longer than the next one takes here, and is not to be kept. In characters.
const longest = 256 * 1024

/**
 * Sends what has been answered in one turn of the event loop once all of it has been: as with a batch, whoever reads is then
 * woken once, and not again and again while the next answer is looked for (docs/hot-path.md).
 */
export function createOutbox(): (letter: Letter) => void {
  let letters: Letter[] = []
  let length = 0

  function send(): void {
    const all = letters
    letters = []
    length = 0
    for (const { response, body, encoding } of all)
      attempt(
        () => response.end(body, encoding),
        () => response.destroy(),
      )
    for (const { sent } of all) attempt(sent)
  }

  return (letter) => {
    // Before anything else is read, and after all promises that are settled.
    if (letters.push(letter) === 1) process.nextTick(send)
    length += letter.body.length
    if (length > longest) send()
  }
}

/** One answer's mistake must not be the end of the others. */
function attempt(act: () => unknown, otherwise: () => unknown = () => undefined): void {
  try {
    act()
  } catch (error) {
    report('error.unexpected', { error })
    otherwise()
  }
}
