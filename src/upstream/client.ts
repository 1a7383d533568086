import type { DeviceAddress } from '../domain/address.ts'
import type {
  DeviceTwinnings,
  NewTwinning,
  Twinning,
  TwinningChange,
  TwinningRef,
} from '../domain/twinning.ts'
import { GatewayError, UpstreamInvalidResponse } from '../errors.ts'
import {
  decodeTwinningBody,
  decodeTwinningListBody,
  InvalidRepresentation,
  twinningElement,
  type Asked,
} from '../oma/decode.ts'
import { encodeChange, encodeNewTwinning } from '../oma/encode.ts'
import { listPath, twinningIdOf, twinningPath } from '../oma/paths.ts'
import { report } from '../telemetry/channels.ts'
import { acceptedFor, answerOf, type Answer } from './answer.ts'
import { createCodeMemory } from './codes.ts'
import type { Caller, Exchange } from './exchange.ts'
import type { TransportResponse } from './transport.ts'

/** A twinning as it came, so that it can be sent back whole with one element changed. */
export type Editable = {
  readonly twinning: Twinning
  readonly element: object
  readonly etag: string | undefined
}

/**
 * The operations of the OMA API on one operator: domain in, domain out. All throw UpstreamRefusal for a 4xx or 5xx
 * that has no meaning of its own here, and what Transport and Credentials throw.
 */
export type OmaClient = {
  /** GET one, unless it still has this ETag; `undefined` where there is none (404). */
  readonly getTwinning: (
    ref: TwinningRef,
    caller: Caller,
    etag?: string,
  ) => Promise<Answer<{ twinning: Twinning | undefined }>>
  /** GET all of a device, unless the list still has this ETag; an operator's 404 is an empty list. */
  readonly listTwinnings: (
    device: DeviceAddress,
    caller: Caller,
    etag?: string,
  ) => Promise<Answer<DeviceTwinnings>>
  /** POST. */
  readonly createTwinning: (device: DeviceAddress, twinning: NewTwinning, caller: Caller) => Promise<Twinning>
  /** GET for a change; `undefined` where there is none. */
  readonly editTwinning: (ref: TwinningRef, caller: Caller) => Promise<Editable | undefined>
  /**
   * PUT of the whole representation, with If-Match where the ETag is known. A 412 is an UpstreamRefusal. Where the
   * operator answers without a body, what came of it is read.
   */
  readonly replaceTwinning: (editable: Editable, change: TwinningChange, caller: Caller) => Promise<Twinning>
  /** DELETE. A 404 is an UpstreamRefusal. */
  readonly deleteTwinning: (ref: TwinningRef, caller: Caller) => Promise<void>
}

const maxTwinningBytes = 1024 * 1024
const maxListBytes = 16 * maxTwinningBytes

/** The client of one operator, over exchanges with it. */
export function createOmaClient({
  operator,
  serverRoot,
  exchange,
}: {
  operator: string
  serverRoot: URL
  exchange: Exchange
}): OmaClient {
  const { send, json } = exchange
  const codes = createCodeMemory()

  /** Runs a decoder; what it finds wrong becomes an UpstreamInvalidResponse. */
  function decoded<T>(decode: () => T): T {
    try {
      return decode()
    } catch (error) {
      if (error instanceof InvalidRepresentation) throw new UpstreamInvalidResponse(operator, error.message)
      throw error
    }
  }

  function learned(twinning: Twinning): Twinning {
    codes.learn(twinning.ref.device, [twinning])
    return twinning
  }

  const asked = (device: DeviceAddress, more: Partial<Asked> = {}): Asked => ({
    operatorId: operator,
    serverRoot,
    device,
    secrets: codes.of(device),
    ...more,
  })
  const askedFor = (ref: TwinningRef) => asked(ref.device, { twinningId: ref.twinningId })

  async function getOne(ref: TwinningRef, caller: Caller, etag?: string): Promise<TransportResponse> {
    const path = twinningPath(ref.device, ref.twinningId)
    return send({
      method: 'GET',
      path,
      maxBytes: maxTwinningBytes,
      caller,
      ifNoneMatch: etag,
      secrets: codes.of(ref.device),
      accept: acceptedFor(etag),
    })
  }

  async function getTwinning(ref: TwinningRef, caller: Caller, etag?: string) {
    const response = await getOne(ref, caller, etag)
    return answerOf(response, () => {
      if (response.status >= 400) return { twinning: undefined }
      const body = json(response)
      return { twinning: learned(decoded(() => decodeTwinningBody(body, askedFor(ref)))) }
    })
  }

  async function listTwinnings(device: DeviceAddress, caller: Caller, etag?: string) {
    const response = await send({
      method: 'GET',
      path: listPath(device),
      maxBytes: maxListBytes,
      caller,
      ifNoneMatch: etag,
      secrets: codes.of(device),
      accept: acceptedFor(etag),
    })
    return answerOf(response, () => listIn(response, device))
  }

  function listIn(response: TransportResponse, device: DeviceAddress): DeviceTwinnings {
    if (response.status >= 400) return { twinnings: [], leftOut: [] }
    const body = json(response)
    const list = decoded(() => decodeTwinningListBody(body, asked(device)))
    codes.learn(device, list.twinnings)
    for (const { problem } of list.leftOut) report('upstream.leftOut', { operator, problem })
    return list
  }

  async function createTwinning(
    device: DeviceAddress,
    twinning: NewTwinning,
    caller: Caller,
  ): Promise<Twinning> {
    const { activationCode } = twinning
    const secrets = [...codes.of(device), ...(activationCode === undefined ? [] : [activationCode])]
    const response = await send({
      method: 'POST',
      path: listPath(device),
      maxBytes: maxTwinningBytes,
      caller,
      twinning: encodeNewTwinning(twinning),
      secrets,
    })
    if (response.text.trim() !== '') {
      const body = json(response)
      return learned(decoded(() => decodeTwinningBody(body, asked(device, { secrets }))))
    }
    // The twinning exists, but the operator did not say what it is: its Location does (RFC 9110 §15.3.2).
    const location = response.header('location')
    const twinningId =
      location !== undefined && URL.canParse(location, serverRoot.href)
        ? twinningIdOf(new URL(location, serverRoot))
        : undefined
    if (twinningId === undefined)
      throw new UpstreamInvalidResponse(operator, 'body: expected JSON, got nothing, and no Location to read')
    const { value } = await getTwinning({ operatorId: operator, device, twinningId }, caller)
    if (!value?.twinning)
      throw new UpstreamInvalidResponse(operator, 'Location: expected the twinning just made, got nothing')
    return value.twinning
  }

  async function editTwinning(ref: TwinningRef, caller: Caller): Promise<Editable | undefined> {
    const response = await getOne(ref, caller)
    if (response.status >= 400) return undefined
    const body = json(response)
    return decoded(() => ({
      twinning: learned(decodeTwinningBody(body, askedFor(ref))),
      element: twinningElement(body),
      etag: response.header('etag'),
    }))
  }

  async function replaceTwinning(
    { twinning: { ref }, element, etag }: Editable,
    change: TwinningChange,
    caller: Caller,
  ) {
    const changed = { ...element, ...encodeChange(change) }
    // What is sent back whole holds the codes that were read with it.
    const secrets = codes.of(ref.device)
    const path = twinningPath(ref.device, ref.twinningId)
    // RFC 9110 §13.1.1: If-Match compares strongly, so a weak tag would never match.
    const ifMatch = etag?.startsWith('W/') ? undefined : etag
    const response = await send({
      method: 'PUT',
      path,
      maxBytes: maxTwinningBytes,
      caller,
      twinning: changed,
      ifMatch,
      secrets,
    })
    const decodeOwn = (body: unknown) => learned(decoded(() => decodeTwinningBody(body, askedFor(ref))))
    if (response.text.trim() !== '') return decodeOwn(json(response))
    return (await getAfterWrite(ref, caller)) ?? decodeOwn({ twinning: changed })
  }

  /** A toggle may bring a new authCode and voice mail address; but the write is done, also where this fails. */
  async function getAfterWrite(ref: TwinningRef, caller: Caller): Promise<Twinning | undefined> {
    try {
      return (await getTwinning(ref, caller)).value?.twinning
    } catch (error) {
      if (error instanceof GatewayError) return undefined
      throw error
    }
  }

  async function deleteTwinning(ref: TwinningRef, caller: Caller): Promise<void> {
    await send({
      method: 'DELETE',
      path: twinningPath(ref.device, ref.twinningId),
      maxBytes: maxTwinningBytes,
      caller,
      secrets: codes.of(ref.device),
    })
  }

  return {
    getTwinning,
    listTwinnings,
    createTwinning,
    editTwinning,
    replaceTwinning,
    deleteTwinning,
  }
}
