// One reference operator: the Twinning API, its token endpoint and the means to make it misbehave, on a
// socket of its own.
import type { WireTwinning } from '../oma/wire.ts'
import { createActivation } from './activation.ts'
import { canonicalAddress, createOwnership } from './address.ts'
import { createCodes } from './codes.ts'
import { controlPath, createControl } from './control.ts'
import type { ClientCredentials } from './credentials.ts'
import type { Elements } from './elements.ts'
import { createFaults } from './faults.ts'
import type { Faults } from './faults.ts'
import { listen } from './http.ts'
import type { HttpAnswer, HttpRequest, Outcome } from './http.ts'
import { createNotifier } from './notifier.ts'
import type { Notifier } from './notifier.ts'
import { createOAuth } from './oauth.ts'
import { createPeers } from './peers.ts'
import type { Peer } from './peers.ts'
import { createRecorder } from './recorder.ts'
import type { Recorder } from './recorder.ts'
import { invalidInput, Refusal, unauthorized } from './refusal.ts'
import { createReservations } from './reservations.ts'
import { createResources, listUrl } from './resources.ts'
import { newSecret } from './secret.ts'
import { createSeed } from './seed.ts'
import type { Seed } from './seed.ts'
import { defaultSettings } from './settings.ts'
import type { Settings } from './settings.ts'
import { createStore } from './store.ts'
import { createTwinnings } from './twinnings.ts'

export type OperatorOptions = {
  readonly id: string
  /** Its subscribers: `tel:+1555` is a prefix, `sip:*@alpha.example` a wildcard. */
  readonly owns: readonly string[]
  /** Where its subscribers retrieve voice mail. */
  readonly voicemailAddress: string
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly settings?: Partial<Settings>
  /** Who may ask for access tokens; made up where not given. */
  readonly client?: ClientCredentials
  /** The clock, in milliseconds. */
  readonly now?: () => number
}

export type Operator = {
  readonly id: string
  readonly url: string
  readonly serverRoot: string
  readonly tokenUrl: string
  readonly client: ClientCredentials
  /** The patterns that it was started with, as the gateway's operator table wants them. */
  readonly match: readonly string[]
  /** Live: what is assigned here counts from the next request on. */
  readonly settings: Settings
  readonly faults: Pick<Faults, 'add' | 'list' | 'clear'>
  readonly requests: Recorder['requests']
  readonly clearRequests: Recorder['clear']
  /** The next request to the API that is accepted, from now on. */
  readonly nextRequest: Recorder['next']
  readonly watchExchanges: Recorder['watch']
  readonly seed: (seed: Seed) => WireTwinning
  /** A twinning as a GET would show it. */
  readonly twinning: (address: string, id: string) => (WireTwinning & Elements) | undefined
  readonly twinnings: (address: string) => readonly (WireTwinning & Elements)[]
  /** Trusts another operator, which has to do the same with the same secret. */
  readonly peerWith: (peer: Peer) => void
  readonly notifyTo: Notifier['notifyTo']
  readonly notifications: Notifier['deliveries']
  readonly watchNotifications: Notifier['watch']
  readonly notificationsSettled: Notifier['settled']
  /** Prompt whatever hangs; may be called twice. */
  readonly close: () => Promise<void>
}

const tokenPath = '/oauth2/token'
const apiPath = '/exampleAPI'

/** Starts an operator and resolves once it listens. */
export async function createOperator(options: OperatorOptions): Promise<Operator> {
  const { id, owns, voicemailAddress, host = '127.0.0.1', port = 0, now = Date.now } = options
  const { client = { clientId: `gateway-at-${id}`, clientSecret: newSecret() } } = options
  const closing = new AbortController()
  const { signal } = closing
  const settings: Settings = { ...defaultSettings(), ...options.settings }

  const faults = createFaults({ closing: signal, tokenPath })
  const recorder = createRecorder()
  const notifier = createNotifier({ operatorId: id, closing: signal })
  const store = createStore({ changed: notifier.changed })
  const codes = createCodes({ now, ttlMs: () => settings.activationCodeTtlMs })
  const oauth = createOAuth({ client, ttlS: () => settings.accessTokenTtlS, now })
  const peers = createPeers({ closing: signal })

  const listener = await listen({ host, port, answer: (request) => answer(request) })
  const serverRoot = `${listener.url}${apiPath}`
  const operation = { id, serverRoot, voicemailAddress, settings, store, codes, oauth, peers }
  const twinnings = createTwinnings(operation)
  const urlOf = (address: string, twinningId: string): string =>
    `${listUrl(serverRoot, address)}/${twinningId}`
  const activation = createActivation({ operation, twinnings, urlOf })
  const resources = createResources({
    serverRoot,
    settings,
    store,
    twinnings,
    activation,
    owns: createOwnership(owns),
  })
  const reservations = createReservations({ serverRoot, activation, codes })
  const seed = createSeed({ serverRoot, store, codes })
  const control = createControl({ faults, recorder, settings, seed })

  async function answer(request: HttpRequest): Promise<Outcome> {
    const { path } = request
    if (path.startsWith(controlPath)) return control(request)
    if (path === tokenPath) return faults.apply(request, () => Promise.resolve(oauth.answer(request)))
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const peer = peers.withSecret(token)
    const allowed = settings.auth === 'none' || settings.accessTokens.includes(token) || oauth.accepts(token)
    const became = recorder.record(request, peer ? 'peer' : allowed ? 'client' : 'nobody')
    const outcome = await faults.apply(request, () => answerApi(request, peer, allowed))
    became(outcome)
    return outcome
  }

  async function answerApi(
    request: HttpRequest,
    peer: Peer | undefined,
    allowed: boolean,
  ): Promise<HttpAnswer> {
    try {
      if (!peer && !allowed) throw unauthorized()
      if (request.path.startsWith(`${apiPath}/twinning/v1/`)) return await resources(request, peer)
      if (request.path.startsWith(`${apiPath}/peer/v1/reservations`)) return reservations(request, peer)
      throw invalidInput('resource', 404)
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      throw error
    }
  }

  function listOf(address: string): readonly (WireTwinning & Elements)[] {
    return store
      .listOf(canonicalAddress(address) ?? address)
      .map((resource) => twinnings.view(resource).twinning)
  }

  return {
    id,
    url: listener.url,
    serverRoot,
    tokenUrl: `${listener.url}${tokenPath}`,
    client,
    match: owns,
    settings,
    faults,
    requests: recorder.requests,
    clearRequests: recorder.clear,
    nextRequest: recorder.next,
    watchExchanges: recorder.watch,
    seed,
    twinnings: listOf,
    twinning: (address, twinningId) =>
      listOf(address).find(({ resourceURL }) => resourceURL.endsWith(`/${twinningId}`)),
    peerWith: peers.add,
    notifyTo: notifier.notifyTo,
    notifications: notifier.deliveries,
    watchNotifications: notifier.watch,
    notificationsSettled: notifier.settled,
    close: () => {
      closing.abort()
      return listener.close()
    },
  }
}
