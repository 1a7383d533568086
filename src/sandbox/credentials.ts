/** How a client names itself to a token endpoint. */
export type ClientCredentials = { readonly clientId: string; readonly clientSecret: string }

/**
 * RFC 6749, 2.3.1: in a Basic header or in the form. That has the header's parts form-encoded first; the
 * identifiers and secrets made here have nothing to encode.
 */
export function readClient(authorization: string | undefined, form: URLSearchParams): ClientCredentials {
  const [, encoded] = /^Basic ([A-Za-z\d+/]+=*)$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) {
    return { clientId: form.get('client_id') ?? '', clientSecret: form.get('client_secret') ?? '' }
  }
  const [clientId = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { clientId, clientSecret: rest.join(':') }
}
