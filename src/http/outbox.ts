type Letter = {
  readonly response: { readonly end: (body: string, encoding: BufferEncoding) => unknown }
  readonly body: string
  readonly encoding: BufferEncoding
}

// What is long takes the reader longer than the next one takes here, and is not to be kept.
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
    for (const { response, body, encoding } of all) response.end(body, encoding)
  }

  return (letter) => {
    // Before anything else is read, and after all promises that are settled.
    if (letters.push(letter) === 1) process.nextTick(send)
    length += letter.body.length
    if (length > longest) send()
  }
}
