/** A device of the demo, and the token that it calls with. */
export type Performer = { readonly address: string; readonly operator: string; readonly token: string }

export type Cast = {
  readonly phone: Performer
  readonly watches: { readonly same: Performer; readonly other: Performer }
}

export async function readCast(): Promise<Cast> {
  const response = await fetch('/demo/cast')
  if (!response.ok) throw new Error(`the gateway answers ${response.status}`)
  // Built with the server that answers it.
  return (await response.json()) as Cast
}

/** Makes an operator of the sandbox fail whatever it is asked, or no longer. */
export async function setDown(operatorId: string, down: boolean): Promise<void> {
  const response = await fetch(`/demo/operators/${encodeURIComponent(operatorId)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ down }),
  })
  if (!response.ok) throw new Error(`the gateway answers ${response.status}`)
}
