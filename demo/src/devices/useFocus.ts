import { useEffect, useRef, type RefObject } from 'react'

/** Moves the focus to an element that may not be there yet: to where a step has led. */
export function useFocus<T extends HTMLElement>(): { ref: RefObject<T | null>; focus: () => void } {
  const ref = useRef<T>(null)
  const wanted = useRef(false)
  const settle = () => {
    if (!wanted.current || !ref.current) return
    wanted.current = false
    ref.current.focus()
  }
  useEffect(settle)
  return {
    ref,
    focus: () => {
      wanted.current = true
      settle()
    },
  }
}

/** Moves the focus to an element once that is wanted: to one that a step has brought. */
export function useFocusWhen<T extends HTMLElement>(wanted: boolean): RefObject<T | null> {
  const ref = useRef<T>(null)
  useEffect(() => {
    if (wanted) ref.current?.focus()
  }, [wanted])
  return ref
}
