import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { createRevocations, noRevocations } from './auth/revocations.ts'
import { createVerifier } from './auth/verifier.ts'
import { createEvictions } from './cache/evictions.ts'
import { createLeases, noLeases } from './cache/leases.ts'
import { createSharedStore } from './cache/shared.ts'
import { createChanges } from './changes.ts'
import type { Config } from './config/config.ts'
import { createSealer } from './domain/ids.ts'
import { createEstimateCost } from './graphql/cost/estimate.ts'
import { createCheckCost } from './graphql/cost/limit.ts'
import { createAdmit } from './graphql/intake.ts'
import { createCheckRequest } from './graphql/limits/check.ts'
import { createSchema } from './graphql/schema.ts'
import { createGraphqlServer } from './graphql/server.ts'
import { createSubscriptions } from './graphql/subscriptions.ts'
import { invalidAmong } from './graphql/trusted.ts'
import { createAddressOf } from './http/address.ts'
import { createCallbacks } from './http/callback.ts'
import { createCallers } from './http/callers.ts'
import { registerDemo, type Demo } from './http/demo.ts'
import { registerExplorer, type Character } from './http/explorer.ts'
import { createWhenTokenEnds } from './http/expiry.ts'
import { registerGraphql } from './http/graphql.ts'
import { createIntake } from './http/intake.ts'
import { registerHealth, type Phase } from './http/health.ts'
import { registerNotifications } from './http/notifications.ts'
import { createReply } from './http/reply.ts'
import { createRequests } from './http/requests.ts'
import { createHttpServer, createRequestIds } from './http/server.ts'
import { registerSocket } from './http/socket.ts'
import { registerStream } from './http/stream.ts'
import { createTrails } from './http/trails.ts'
import { createInFront } from './inFront.ts'
import { createExchange } from './limits/exchange.ts'
import { createRates } from './limits/rates.ts'
import { createContextFactory } from './perRequest.ts'
import { createRedisLink } from './redis/redis.ts'
import { tellRouter } from './router/tell.ts'
import { exportTelemetry } from './telemetry/export.ts'
import { createLog, logReports } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createIdempotency } from './twinnings/idempotency.ts'
import { createLookout } from './twinnings/lookout.ts'
import { createStores } from './twinnings/stores.ts'
import { createOperators } from './upstream/operators.ts'
import { createChangeStream } from './warehouse/stream.ts'

/** A gateway that is ready to listen. */
export type App = {
  /** Listens where the settings say; answers the URL. */
  readonly listen: () => Promise<string>
  /** Says that it is not ready, and goes on for a while, so that whoever sends requests here learns of it and stops. */
  readonly drain: () => Promise<void>
  /** Lets requests in flight finish, then closes all that was opened, in reverse. Idempotent. */
  readonly close: () => Promise<void>
}

/** Builds the gateway from its settings: the one place where its parts are made and joined. */
export async function createApp(
  config: Config,
  {
    characters = [],
    demo,
    log = createLog(config.logLevel),
  }: {
    characters?: readonly Character[]
    demo?: Demo | undefined
    log?: FastifyBaseLogger & ReturnType<typeof createLog>
  } = {},
): Promise<App> {
  let phase: Phase = 'starting'
  let draining = false
  const stopLog = logReports(log)
  const metrics = createMetrics()
  const openTelemetry = config.openTelemetry && (await exportTelemetry(config.openTelemetry, metrics))

  // What is known, and how everybody hears of a change.
  const redis =
    config.redisUrls.length > 0 ? await createRedisLink(config.redisUrls, config.redisCa) : undefined
  const evictions = createEvictions()
  const shared = redis && createSharedStore(redis)
  // Half of what a reading may take: then whoever waited for another instance in vain has as long again.
  const leaseMs = Math.ceil(config.timeoutMs / 2)
  const leases = redis && shared ? createLeases(redis, leaseMs, shared.isAlone) : noLeases
  const stores = createStores({
    evictions,
    shared,
    leases,
    onDifferent: (differences) => void changes.announce(differences, 'reading'),
  })
  const sealer = createSealer(config.idKeys)
  const stream = redis && config.changeStream && createChangeStream({ redis, sealer, ...config.changeStream })
  const changes = createChanges({
    evictions,
    shared,
    tellLayersAbove: config.routerInvalidation && tellRouter(config.routerInvalidation, sealer),
    onNotified: (operatorId) => lookout.notified(operatorId),
    corrected: (change) => lookout.corrected(change),
    record: stream?.record,
  })
  const operators = createOperators(config.operators, config.timeoutMs)
  const takeTurn = shared?.takeTurn ?? (() => Promise.resolve(true))
  const lookout = createLookout({ operators, changes, takeTurn, times: config.poll })
  await shared?.listen((evicted) => {
    if (evicted) evictions.evict(evicted.tags)
    else {
      evictions.evictAll()
      lookout.recheck()
    }
    changes.hear(evicted?.news)
  })

  // Whom to ask, and who asks.
  // At worst a POST and a GET by its Location, each sent again after a 401, each time with a new token: 8 exchanges.
  const idempotency = createIdempotency({ redis, leaseMs: config.timeoutMs * 8 + 10_000 })
  const revocations = redis && config.auth === 'on' ? await createRevocations(redis) : noRevocations
  const verify = createVerifier(config, revocations)
  const rates = createRates(config.rates, redis && createExchange(redis))
  const callers = createCallers({ verify, rates, addressOf: createAddressOf(config.trustedProxies) })
  const requests = createRequests(openTelemetry?.spans)
  const { createContext, contextOf } = createContextFactory({
    config,
    evictions,
    callers,
    operators,
    stores,
    sealer,
    changes,
    idempotency,
    lookout,
    beginTrail: createTrails(requests),
  })

  // How it is reached.
  const introspection = config.explorer || config.auth === 'off'
  const schema = createSchema(config.sdlTarget)
  const estimateCost = createEstimateCost(schema)
  const checkCost = createCheckCost(schema, estimateCost, config.cost)
  const subscriptions = createSubscriptions({ schema, introspection, checkCost })
  const admit = createAdmit({ trusted: config.trusted, checkRequest: createCheckRequest(config.limits) })
  const intake = createIntake(admit)
  const isLeaving = () => phase === 'draining'
  const nextId = createRequestIds()
  const { front, plugins } = createInFront({
    config,
    schema,
    estimateCost,
    admit,
    evictions,
    shared,
    cache: stores.found.cache,
    sealer,
    operators,
    verify,
    callers,
    contextOf,
    requests,
    reply: createReply({ log, requests, nextId, isLeaving }),
    isLeaving,
  })
  const server = await createGraphqlServer({
    schema,
    introspection,
    checkCost,
    automatic: config.automatic,
    plugins,
  })
  const silentMs = Math.max(120_000, config.limits.timeMs * 2, config.timeoutMs * 10)
  const http = createHttpServer(log, {
    isDraining: () => draining,
    front,
    requests,
    nextId,
    limits: { ...config.limits, silentMs },
    origins: config.corsOrigins,
  })
  registerHealth(http, { phase: () => phase, redis: () => redis?.status() ?? 'none' })
  const whenTokenEnds = createWhenTokenEnds(revocations)
  const callbacks = createCallbacks(http, {
    subscriptions,
    createContext,
    whenTokenEnds,
    allowed: config.callbackUrls,
  })
  const serveStream = registerStream(http, {
    subscriptions,
    createContext,
    callers,
    whenTokenEnds,
    intake,
    bodyLimit: config.limits,
  })
  registerGraphql(http, {
    server,
    createContext,
    callbacks,
    serveStream,
    front,
    callers,
    intake,
    bodyLimit: config.limits,
    closed: !introspection,
  })
  registerSocket(http, {
    subscriptions,
    createContext,
    callers,
    whenTokenEnds,
    admit,
    origins: config.corsOrigins,
  })
  if (config.notifySecret !== undefined)
    registerNotifications(http, { secret: config.notifySecret, operators, changes })
  if (config.explorer) registerExplorer(http, { characters })
  if (demo) registerDemo(http, demo)
  http.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()))

  async function closeAll(): Promise<void> {
    phase = 'draining'
    draining = false
    await http.close()
    lookout.close()
    await server.stop()
    await operators.close()
    await stream?.close()
    await redis?.close()
    await openTelemetry?.close()
    metrics.close()
    stopLog()
  }

  let closing: Promise<void> | undefined
  return {
    listen: async () => {
      for (const warning of config.warnings) log.warn(warning)
      const documents = invalidAmong(config.trusted, schema)
      if (documents.length > 0) log.warn({ documents }, 'trusted documents that the schema does not know')
      const url = await http.listen({ host: config.host, port: config.port })
      phase = 'ready'
      return url
    },
    drain: async () => {
      phase = 'draining'
      draining = true
      await wait(config.drainMs, undefined, { ref: false })
    },
    close: () => (closing ??= closeAll()),
  }
}
