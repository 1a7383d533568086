import type { OpenTelemetrySettings } from '../config/openTelemetry.ts'
import type { Metrics } from './metrics.ts'
import type { OpenTelemetry } from './opentelemetry/start.ts'

/** Starts to send traces and metrics by OTLP. What does that is loaded only then, as it takes a while. */
export async function exportTelemetry(
  settings: OpenTelemetrySettings,
  metrics: Pick<Metrics, 'own'>,
): Promise<OpenTelemetry> {
  const { startOpenTelemetry } = await import('./opentelemetry/start.ts')
  return startOpenTelemetry(settings, metrics)
}
