import type { Twinning } from '../domain/twinning.ts'
import type { TwinningType } from '../graphql/resolvers/twinning.ts'
import type { Sight, VisibleTwinning } from '../twinnings/visible.ts'
import type { EntityType } from './representations.ts'

/** What an entity is in an answer, and its tags, where answers have any: both JSON. */
export type Text = { readonly json: string; readonly tags: string | undefined }

/** The texts of twinnings by one selection, kept with the objects that they were made of. */
export type Texts = {
  /** By the type of whoever refers to it; `undefined` where it takes execution. */
  readonly of: (type: EntityType, twinning: Twinning, sight: Sight) => Text | undefined
  readonly forget: () => void
}

type Kept = Text & { readonly type: TwinningType }

const bytesOfOne = 200

/** `make` throws for what takes execution; `onKept` is told about how many bytes a text takes. */
export function createTexts(
  make: (visible: VisibleTwinning) => Kept,
  onKept: (bytes: number) => void,
): Texts {
  const none = () => ({
    full: new WeakMap<Twinning, Kept>(),
    masked: new WeakMap<Twinning, Kept>(),
  })
  let kept = none()

  function made(twinning: Twinning, sight: Sight): Kept | undefined {
    try {
      const text = make({ twinning, sight })
      kept[sight].set(twinning, text)
      onKept(text.json.length + (text.tags?.length ?? 0) + bytesOfOne)
      return text
    } catch {
      return undefined
    }
  }

  return {
    of: (type, twinning, sight) => {
      const text = kept[sight].get(twinning) ?? made(twinning, sight)
      // Whoever refers to it as what it is not has looked at it, and sees nothing.
      const isNothing = text && type !== 'Twinning' && type !== text.type
      return isNothing ? { json: 'null', tags: text.tags } : text
    },
    forget: () => {
      kept = none()
    },
  }
}
