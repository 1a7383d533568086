// PNG, ISO/IEC 15948: what a browser's screenshot is (8-bit RGB, not interlaced), and one of 256 colours, a third as long.
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const signature = Buffer.from('89504e470d0a1a0a', 'hex')
const bytesPerPixel = 3

/** The same picture in its 256 most frequent colours; the others become the nearest of them. */
export function withFewColours(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png)
  const counts = new Map<number, number>()
  for (let at = 0; at < pixels.length; at += bytesPerPixel) {
    const colour = pixels.readUIntBE(at, bytesPerPixel)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const palette = [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, 256)
    .map(([colour]) => colour)
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]))
  // Rows begin with the number of their filter: 0, none, is the best for a palette.
  const rows = Buffer.alloc((width + 1) * height)
  for (let at = 0; at < width * height; at++) {
    const colour = pixels.readUIntBE(at * bytesPerPixel, bytesPerPixel)
    rows[at + Math.floor(at / width) + 1] = places.get(colour) ?? 0
  }
  const header = Buffer.from([...uint32(width), ...uint32(height), 8, 3, 0, 0, 0])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => uint32(colour).slice(1)))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function decode(png: Buffer) {
  const chunks = readChunks(png)
  const header = chunks.find(({ type }) => type === 'IHDR')?.data
  if (header?.subarray(8).toString('hex') !== '0802000000') throw new TypeError('expected a PNG of 8-bit RGB')
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const data = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)
  return {
    width,
    height,
    pixels: unfiltered(inflateSync(Buffer.concat(data)), width * bytesPerPixel, height),
  }
}

function readChunks(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = []
  for (let at = signature.length; at < png.length;) {
    const length = png.readUInt32BE(at)
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    })
    at += length + 12
  }
  return chunks
}

/** §9: each byte is the difference to what its neighbours left, above, and left above foretell. */
function unfiltered(data: Buffer, stride: number, height: number): Buffer {
  const pixels = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < stride; x++) {
      const byte = (row: number, column: number) =>
        row < 0 || column < 0 ? 0 : pixels.readUInt8(row * stride + column)
      const filter = data.readUInt8(y * (stride + 1))
      const left = byte(y, x - bytesPerPixel)
      const above = byte(y - 1, x)
      const foretold = [
        0,
        left,
        above,
        (left + above) >> 1,
        paeth(left, above, byte(y - 1, x - bytesPerPixel)),
      ]
      pixels[y * stride + x] = data.readUInt8(y * (stride + 1) + 1 + x) + (foretold[filter] ?? 0)
    }
  return pixels
}

function paeth(left: number, above: number, corner: number): number {
  const distance = (one: number) => Math.abs(left + above - corner - one)
  if (distance(left) <= distance(above) && distance(left) <= distance(corner)) return left
  return distance(above) <= distance(corner) ? above : corner
}

function nearest(palette: readonly number[], colour: number): number {
  const distance = (other: number) =>
    [16, 8, 0].reduce((sum, bits) => sum + (((other >> bits) & 255) - ((colour >> bits) & 255)) ** 2, 0)
  return palette.reduce(
    (best, other, at) => {
      const far = distance(other)
      return far < best.far ? { at, far } : best
    },
    { at: 0, far: Infinity },
  ).at
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data])
  return Buffer.concat([Buffer.from(uint32(data.length)), content, Buffer.from(uint32(crc32(content)))])
}

function uint32(value: number): number[] {
  return [24, 16, 8, 0].map((bits) => (value >>> bits) & 255)
}
