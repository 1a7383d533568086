import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import type { MetricObjectWithValues, MetricValue } from 'prom-client'
import type { Metrics } from '../metrics.ts'

type Series = MetricObjectWithValues<MetricValue<string>>

const scope = { name: 'twinning-gateway' }
// What has a name of OpenTelemetry's own has it here; all others keep Prometheus's, without what its exporters add.
const conventional: Readonly<Record<string, string>> = {
  http_server_request_duration: 'http.server.request.duration',
  http_request_method: 'http.request.method',
  http_route: 'http.route',
  http_response_status_code: 'http.response.status_code',
}

/** The series of `/metrics`, of this process alone, as OpenTelemetry has them: nothing is counted twice. Always cumulative. */
export function createMetricProducer(metrics: Pick<Metrics, 'own'>, resource: Resource): MetricProducer {
  const startTime = now()
  return {
    collect: async () => {
      const endTime = now()
      const times = { startTime, endTime }
      const all = (await metrics.own()).map((series) => metricOf(series, times))
      const metricsOfScope = all.filter(({ dataPoints }) => dataPoints.length > 0)
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: metricsOfScope }] }, errors: [] }
    },
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>

function metricOf({ name, help, values }: Series, times: Times): MetricData {
  const isInSeconds = name.endsWith('_seconds')
  const plain = name.replace(/_(?:seconds|total)$/, '')
  const base = {
    descriptor: {
      name: conventional[plain] ?? plain,
      description: help,
      unit: isInSeconds ? 's' : '1',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  if (values.some((value) => 'metricName' in value))
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(values, name, times) }
  return {
    ...base,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: values.map(({ labels, value }) => ({ ...times, attributes: attributesOf(labels), value })),
  }
}

/** Prometheus counts up to each boundary, OpenTelemetry between two of them. */
function histograms(
  values: readonly MetricValue<string>[],
  name: string,
  times: Times,
): DataPoint<Histogram>[] {
  const groups = Map.groupBy(values, ({ labels }) => JSON.stringify(attributesOf(labels)))
  return [...groups.values()].map((group) => {
    const named = (suffix: string) =>
      group.filter((value) => 'metricName' in value && value.metricName === `${name}_${suffix}`)
    const upTo = named('bucket')
    const counts = upTo.map(({ value }, i) => value - (upTo[i - 1]?.value ?? 0))
    const boundaries = upTo.flatMap(({ labels: { le } }) => (typeof le === 'number' ? [le] : []))
    return {
      ...times,
      attributes: attributesOf(group[0]?.labels ?? {}),
      value: {
        buckets: { boundaries, counts },
        sum: named('sum')[0]?.value ?? 0,
        count: named('count')[0]?.value ?? 0,
      },
    }
  })
}

/** Without boundaries, and without labels that say nothing, as Prometheus has it too. */
function attributesOf(labels: MetricValue<string>['labels']): Attributes {
  const told = Object.entries(labels).filter(([name, value]) => name !== 'le' && value !== '')
  return Object.fromEntries(told.map(([name, value]) => [conventional[name] ?? name, value]))
}

function now(): HrTime {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000]
}
