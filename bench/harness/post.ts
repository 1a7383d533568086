import type { Asked } from './wrk.ts'

/** Asks once, without taking time; throws where the answer has errors. `bytes`: of the answer, with its headers. */
export async function post(
  url: string,
  asked: Asked,
  token?: string,
): Promise<{ data: unknown; text: string; bytes: number }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(asked),
  })
  const text = await response.text()
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown }
  if (!response.ok || errors !== undefined || data === undefined)
    throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`)
  const headers = [...response.headers].reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    0,
  )
  return { data, text, bytes: headers + Buffer.byteLength(text) }
}
