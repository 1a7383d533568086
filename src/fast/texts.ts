import type { Twinning } from '../domain/twinning.ts'
import type { TwinningType } from '../graphql/resolvers/twinning.ts'
import type { Sight, VisibleTwinning } from '../twinnings/visible.ts'
import type { EntityType } from './representations.ts'

/** What an entity is in an answer, and its tags, where answers have any: both JSON. `bytes`: of both in UTF-8. */
export type Text = { readonly json: string; readonly tags: string | undefined; readonly bytes: number }

export function textOf(json: string, tags: string | undefined): Text {
  return { json, tags, bytes: Buffer.byteLength(json) + Buffer.byteLength(tags ?? '') }
}

/**
 * What has been made of one twinning, and of which object of it: of another, it is void. It is with where the twinning's id
 * leads: a WeakMap by the object itself costs the garbage collector more than making it anew.
 */
export type Shelf = { twinning: Twinning | undefined; kept: Kept[] }

/** The texts of twinnings by one selection. */
export type Texts = {
  /** By the type of whoever refers to it; `undefined` where it takes execution. */
  readonly of: (type: EntityType, shelf: Shelf, twinning: Twinning, sight: Sight) => Text | undefined
}

export type Made = Omit<Text, 'bytes'> & { readonly type: TwinningType }
type Kept = Text & {
  readonly type: TwinningType
  readonly by: Texts
  readonly sight: Sight
}

// Of one twinning: whoever asks by more queries than that has them made anew.
const mostOfOne = 8
const bytesOfOne = 200

/** `make` throws for what takes execution; `onKept` is told about how many bytes a text takes. */
export function createTexts(
  make: (visible: VisibleTwinning) => Made,
  onKept: (bytes: number) => void,
): Texts {
  function keep(shelf: Shelf, twinning: Twinning, sight: Sight): Kept | undefined {
    try {
      const { type, json, tags } = make({ twinning, sight })
      const text = { ...textOf(json, tags), type, by: texts, sight }
      onKept(text.bytes + bytesOfOne)
      if (shelf.twinning !== twinning || shelf.kept.length >= mostOfOne) shelf.kept = []
      shelf.twinning = twinning
      shelf.kept.push(text)
      return text
    } catch {
      return undefined
    }
  }

  function find({ twinning: of, kept }: Shelf, twinning: Twinning, sight: Sight): Kept | undefined {
    if (of !== twinning) return undefined
    for (const text of kept) if (text.by === texts && text.sight === sight) return text
    return undefined
  }

  const texts: Texts = {
    of: (type, shelf, twinning, sight) => {
      const text = find(shelf, twinning, sight) ?? keep(shelf, twinning, sight)
      // Whoever refers to it as what it is not has looked at it, and sees nothing.
      const isNothing = text && type !== 'Twinning' && type !== text.type
      return isNothing ? textOf('null', text.tags) : text
    },
  }
  return texts
}
