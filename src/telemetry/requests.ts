import { Histogram, type Registry } from 'prom-client'
import type { Reports } from './channels.ts'

// Those that OpenTelemetry advises for http.server.request.duration, below which a warm answer needs some of its own.
const bucketsS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]
// What asks how this instance is would be most of what an idle one counts.
const uncounted = new Set(['/health/live', '/health/ready', '/metrics'])
// A client may make up others (OpenTelemetry, http.request.method).
const methods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])

/**
 * How long the gateway's own requests take: OpenTelemetry's `http.server.request.duration`, under the name that Prometheus
 * gives it. Answers what is to be told of each; that takes a third of a microsecond.
 */
export function createRequestDurations(registers: Registry[]): (request: Reports['http.request']) => void {
  const durations = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Requests to the gateway, by what came of them.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: bucketsS,
    registers,
  })
  return ({ method, route = '', status, ms }) => {
    if (uncounted.has(route)) return
    durations.observe(
      {
        http_request_method: methods.has(method) ? method : '_OTHER',
        http_route: route,
        http_response_status_code: status,
      },
      ms / 1000,
    )
  }
}
