import type { TestContext } from 'node:test'
import type { WireRequestError, WireTwinning } from '../../src/oma/wire.ts'
import { createOperator } from '../../src/sandbox/operator.ts'
import type { Operator, OperatorOptions } from '../../src/sandbox/operator.ts'
import { introduce } from '../../src/sandbox/world.ts'

export const phone = 'tel:+15550100'
export const otherPhone = 'tel:+15550200'
export const watch = 'tel:+15560101'
/** A Secondary at the phone's own operator. */
export const tablet = 'sip:tablet-3@alpha.example'

export type Answer = {
  status: number
  headers: Headers
  text: string
  body: {
    twinning: WireTwinning & Record<string, unknown>
    twinningList: { twinning: WireTwinning[]; resourceURL: string }
  } & WireRequestError
}

type Pair = { alpha: Operator; beta: Operator }

/** Two operators that trust each other and ask nobody for a token. */
export async function startPair(t: TestContext, options: Partial<OperatorOptions> = {}): Promise<Pair> {
  const alpha = await createOperator({
    id: 'alpha',
    owns: ['tel:+1555', 'sip:*@alpha.example'],
    voicemailAddress: 'tel:+15550999',
    ...options,
  })
  t.after(alpha.close)
  const beta = await createOperator({
    id: 'beta',
    owns: ['tel:+1556', 'sip:*@beta.example'],
    voicemailAddress: 'tel:+15560999',
    ...options,
  })
  t.after(beta.close)
  introduce(alpha, beta)
  return { alpha, beta }
}

export function listOf(operator: Operator, address: string): string {
  return `${operator.serverRoot}/twinning/v1/${encodeURIComponent(address)}/twinnings`
}

export async function call(
  method: string,
  url: string,
  twinning?: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(method, url, twinning && JSON.stringify({ twinning }), {
    ...(twinning && { 'content-type': 'application/json' }),
    ...headers,
  })
}

export async function send(
  method: string,
  url: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : {}) as Answer['body'],
  }
}

/** A Secondary's new twinning, as its POST answered. */
export async function request(operator: Operator, address: string, name = 'myWatch'): Promise<WireTwinning> {
  return (await call('POST', listOf(operator, address), { role: 'Secondary', name })).body.twinning
}

export function activate(
  operator: Operator,
  address: string,
  activationCode = '',
  name = 'myPhone',
): Promise<Answer> {
  return call('POST', listOf(operator, address), { role: 'Primary', name, activationCode })
}

/** Both ends of a relationship that is On, as GET shows them. */
export async function twin(
  primaryAt: Operator,
  secondaryAt: Operator,
  secondaryAddress: string,
): Promise<{ primary: WireTwinning; secondary: WireTwinning }> {
  const requested = await request(secondaryAt, secondaryAddress)
  const { body } = await activate(primaryAt, phone, requested.activationCode)
  return { primary: body.twinning, secondary: await read(requested.resourceURL) }
}

export async function read(resourceURL: string): Promise<WireTwinning> {
  return (await call('GET', resourceURL)).body.twinning
}

export function invalid(part: string): WireRequestError {
  return {
    requestError: {
      serviceException: {
        messageId: 'SVC0002',
        text: 'Invalid input value for message part %1',
        variables: [part],
      },
    },
  }
}

export function invalidChoice(part: string, valid: string): WireRequestError {
  return {
    requestError: {
      serviceException: {
        messageId: 'SVC0003',
        text: 'Invalid input value for message part %1, valid values are %2',
        variables: [part, valid],
      },
    },
  }
}

export function serviceError(reason: string): WireRequestError {
  return {
    requestError: {
      serviceException: {
        messageId: 'SVC0001',
        text: 'A service error occurred. Error code is %1',
        variables: [reason],
      },
    },
  }
}

export function policyError(reason: string): WireRequestError {
  return {
    requestError: {
      policyException: {
        messageId: 'POL0001',
        text: 'A policy error occurred. Error code is %1',
        variables: [reason],
      },
    },
  }
}

export const badToken: WireRequestError = {
  requestError: {
    serviceException: {
      messageId: 'SVC2003',
      text: 'Invalid access token in message part %1',
      variables: ['Authorization'],
    },
  },
}
