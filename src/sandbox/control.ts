// `/_sandbox/…`: what a test in another process, or a person with curl, does to an operator. No token:
// whoever reaches it may.
import { z } from 'zod'
import type { WireTwinning } from '../oma/wire.ts'
import { faultSchema } from './faults.ts'
import type { Faults } from './faults.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import type { Recorder, RecordedRequest } from './recorder.ts'
import { seedSchema } from './seed.ts'
import type { Seed } from './seed.ts'
import { settingsSchema } from './settings.ts'
import type { Settings } from './settings.ts'

export const controlPath = '/_sandbox/'

type ControlOptions = {
  faults: Faults
  recorder: Recorder
  settings: Settings
  seed: (seed: Seed) => WireTwinning
}

export function createControl({
  faults,
  recorder,
  settings,
  seed,
}: ControlOptions): (request: HttpRequest) => HttpAnswer {
  const routes: Record<string, (body: string) => HttpAnswer> = {
    'GET faults': () => ok({ faults: faults.list() }),
    'POST faults': (body) => {
      const fault = read(faultSchema, body)
      faults.add(fault)
      return { status: 201, body: { fault } }
    },
    'DELETE faults': () => done(faults.clear),
    'GET requests': () => ok({ requests: recorder.requests().map(withoutToken) }),
    'DELETE requests': () => done(recorder.clear),
    'POST twinnings': (body) => ({ status: 201, body: { twinning: seed(read(seedSchema, body)) } }),
    'GET settings': () => ok({ settings }),
    'PATCH settings': (body) => change(body),
    'PUT settings': (body) => change(body),
  }

  function change(body: string): HttpAnswer {
    Object.assign(settings, read(settingsSchema.partial(), body))
    return ok({ settings })
  }

  return ({ method, path, body }) => {
    const route = routes[`${method} ${path.slice(controlPath.length)}`]
    if (!route) return failed(404, `no such route; there are: ${Object.keys(routes).join(', ')}`)
    try {
      return route(body)
    } catch (error) {
      if (error instanceof z.ZodError) return failed(400, explain(error))
      if (error instanceof SyntaxError) return failed(400, `body: ${error.message}`)
      throw error
    }
  }
}

function read<T>(schema: z.ZodType<T>, body: string): T {
  return schema.parse(JSON.parse(body))
}

function explain({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ')
}

function withoutToken({ headers, ...request }: RecordedRequest): RecordedRequest {
  const { authorization } = headers
  if (authorization === undefined) return { ...request, headers }
  return { ...request, headers: { ...headers, authorization: authorization.replace(/ .*/s, ' [present]') } }
}

function ok(body: unknown): HttpAnswer {
  return { status: 200, body }
}

function done(act: () => void): HttpAnswer {
  act()
  return { status: 204 }
}

function failed(status: number, error: string): HttpAnswer {
  return { status, body: { error } }
}
