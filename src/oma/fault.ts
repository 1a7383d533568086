import type { OmaFault } from '../errors.ts'
import { listOf, member } from './json.ts'
import { redact, redacted } from './redact.ts'

// Cut after secrets are taken out, as half of one is no longer found, and still tells; and cut roughly before that, as
// an operator may write a mebibyte.
const maxText = 2000
const maxVariable = 500
const roughly = 4

/**
 * The `requestError` of a 4xx or 5xx body ([Common]), its variables filled into its text and its secrets taken out;
 * `undefined` where the body holds none: absent, HTML, broken, or of another form.
 */
export function decodeFault(
  body: unknown,
  facts: { operator: string; httpStatus: number; secrets: readonly string[] },
): OmaFault | undefined {
  const requestError = member(body, 'requestError')
  const exception = member(requestError, 'serviceException') ?? member(requestError, 'policyException')
  const messageId = member(exception, 'messageId')
  if (typeof messageId !== 'string' || !/^[A-Z]{3}\d{1,6}$/.test(messageId)) return undefined
  const text = member(exception, 'text')
  const variables = redactVariables(strings(member(exception, 'variables')), facts.secrets)
  return {
    messageId,
    text:
      redact(fill(typeof text === 'string' ? text : '', variables), facts.secrets).slice(0, maxText) ||
      messageId,
    variables,
    httpStatus: facts.httpStatus,
    operator: facts.operator,
  }
}

/** `%1` … `%9…` stand for the variables; one that is not given stays as it is. */
function fill(text: string, variables: readonly string[]): string {
  return text
    .slice(0, maxText * roughly)
    .replace(/%(\d+)/g, (placeholder, n: string) => variables[Number(n) - 1] ?? placeholder)
}

// SVC0003 lists the valid values behind the name of the part: behind a code's name stand codes.
function redactVariables(variables: readonly string[], secrets: readonly string[]): string[] {
  return variables.map((variable, index) => {
    const named = /^(?:\w+\.)?(?:activation|auth)Code$/i.test(variables[index - 1] ?? '')
    return named ? redacted : redact(variable.slice(0, maxVariable * roughly), secrets).slice(0, maxVariable)
  })
}

function strings(value: unknown): string[] {
  const texts = listOf(value).slice(0, 20)
  return texts.map((v) => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : ''))
}
