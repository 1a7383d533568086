// The resource tree of the Twinning API [ours]; conditional requests are RFC 9110, 13.
import type { WireTwinningBody, WireTwinningListBody } from '../oma/wire.ts'
import type { Activation } from './activation.ts'
import { canonicalAddress } from './address.ts'
import { readElements, readNewTwinning } from './elements.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import type { Peer } from './peers.ts'
import { forbidden, invalidInput, methodNotAllowed, unknownUser } from './refusal.ts'
import type { Settings } from './settings.ts'
import type { Resource, Store } from './store.ts'
import type { Twinnings, View } from './twinnings.ts'

/** Whose token a request carries: another operator's, or (undefined) a client's of the API. */
export type Caller = Peer | undefined

export type Resources = (request: HttpRequest, caller: Caller) => Promise<HttpAnswer>

type ResourcesOptions = {
  serverRoot: string
  settings: Settings
  store: Store
  twinnings: Twinnings
  activation: Activation
  owns: (canonicalAddress: string) => boolean
}

/** resourceURL of a device's twinnings. */
export function listUrl(serverRoot: string, ownAddress: string): string {
  return `${serverRoot}/twinning/v1/${encodeURIComponent(ownAddress)}/twinnings`
}

/** Answers requests below `{serverRoot}/twinning/v1/`. @throws Refusal */
export function createResources(options: ResourcesOptions): Resources {
  const { serverRoot, settings, store, twinnings, activation, owns } = options
  const root = `${new URL(serverRoot).pathname}/twinning/v1/`

  async function answer(request: HttpRequest, caller: Caller): Promise<HttpAnswer> {
    const [userId = '', collection, id, ...rest] = request.path.slice(root.length).split('/')
    if (collection !== 'twinnings' || rest.length > 0) throw invalidInput('resource', 404)
    const ownAddress = readUser(userId)
    return id === undefined
      ? answerList(request, caller, ownAddress)
      : answerOne(request, caller, ownAddress, id)
  }

  async function answerList(request: HttpRequest, caller: Caller, ownAddress: string): Promise<HttpAnswer> {
    if (caller) throw forbidden('not-the-counterpart')
    if (request.method === 'GET') return readList(request, ownAddress)
    if (request.method !== 'POST') throw methodNotAllowed('GET, POST')
    const created = await activation.create(ownAddress, readNewTwinning(jsonOf(request)))
    return represent(201, twinnings.view(created), { location: created.twinning.resourceURL })
  }

  async function answerOne(
    request: HttpRequest,
    caller: Caller,
    address: string,
    id: string,
  ): Promise<HttpAnswer> {
    const resource = store.find(id)
    if (resource?.twinning.ownAddress !== address) throw invalidInput('twinningId', 404)
    if (caller && twinnings.counterpartOf(resource, caller) === undefined)
      throw forbidden('not-the-counterpart')
    switch (request.method) {
      case 'GET':
        return unlessKnown(request, represent(200, twinnings.view(resource)))
      case 'PUT':
        return write(request, caller, resource)
      case 'DELETE':
        refuseStale(request, resource)
        if (caller) twinnings.drop(resource)
        else await twinnings.remove(resource)
        return { status: 204 }
      default:
        throw methodNotAllowed('GET, PUT, DELETE')
    }
  }

  function readList(request: HttpRequest, ownAddress: string): HttpAnswer {
    const views = store.listOf(ownAddress).map(twinnings.view)
    const body: WireTwinningListBody = {
      twinningList: {
        twinning: views.map(({ twinning }) => twinning),
        resourceURL: listUrl(serverRoot, ownAddress),
      },
    }
    return unlessKnown(request, {
      status: 200,
      headers: { etag: store.listEtagOf(views.map(({ etag }) => etag)) },
      body,
    })
  }

  async function write(request: HttpRequest, caller: Caller, resource: Resource): Promise<HttpAnswer> {
    refuseStale(request, resource)
    const elements = readElements(jsonOf(request))
    const view = twinnings.view(
      await (caller ? twinnings.accept(resource, elements, caller) : twinnings.change(resource, elements)),
    )
    return settings.putAnswers204 ? { status: 204, headers: { etag: view.etag } } : represent(200, view)
  }

  function refuseStale({ headers }: HttpRequest, resource: Resource): void {
    const expected = headers['if-match']
    if (expected === undefined || expected.trim() === '*') return
    if (!tagsIn(expected).includes(twinnings.view(resource).etag)) throw invalidInput('If-Match', 412)
  }

  function unlessKnown(request: HttpRequest, { body, ...rest }: HttpAnswer): HttpAnswer {
    const { cacheControl } = settings
    const headers = { ...rest.headers, ...(cacheControl !== null && { 'cache-control': cacheControl }) }
    const known = tagsIn(request.headers['if-none-match'] ?? '').map((tag) => tag.replace(/^W\//, ''))
    const etag = rest.headers?.['etag'] ?? ''
    return known.includes(etag) || known.includes('*') ? { status: 304, headers } : { ...rest, headers, body }
  }

  /** One segment, decoded once: what looks like a path in it stays part of an address. */
  function readUser(segment: string): string {
    const address = canonicalAddress(decode(segment))
    if (address === undefined || !owns(address)) throw unknownUser()
    return address
  }

  return answer
}

function represent(
  status: number,
  { twinning, etag }: View,
  headers: Record<string, string> = {},
): HttpAnswer {
  const body: WireTwinningBody = { twinning }
  return { status, headers: { ...headers, etag }, body }
}

/** The body of a request that may only be JSON. @throws Refusal 415 */
export function jsonOf({ headers, body }: HttpRequest): string {
  if (!/^application\/json(?:$|[; ])/i.test(headers['content-type'] ?? ''))
    throw invalidInput('Content-Type', 415)
  return body
}

function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim())
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw invalidInput('userId')
  }
}
