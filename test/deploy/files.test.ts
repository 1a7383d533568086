// What can be known of the files in deploy/ without an engine or a cluster.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { readConfig } from '../../src/config/config.ts'
import { settingNames, settings } from '../../src/config/settings.ts'
import {
  manifest,
  readCompose,
  readDockerfile,
  readDockerignore,
  readEnvironmentFile,
  readManifests,
  type Content,
} from './files.ts'

const operators = (): Content =>
  JSON.parse(manifest('ConfigMap', 'twinning-gateway-operators').data['operators.json'])

/** Those that the operators file takes from the environment. */
const operatorNames = () => [...JSON.stringify(operators()).matchAll(/"\$(\w+)"/g)].map(([, name]) => name)

const seconds = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1])

test('every environment variable that the files set is a setting', () => {
  const set = [
    ...Object.keys(readDockerfile().environment),
    ...Object.keys(readCompose().services.gateway.environment),
    ...Object.keys(readEnvironmentFile('deploy/gateway.env.example')),
    ...Object.keys(manifest('ConfigMap').data),
    ...Object.keys(manifest('Secret').stringData),
  ]

  const known = [...settingNames, ...operatorNames()]
  assert.ok(set.length > 20)
  assert.deepEqual(
    set.filter((name) => !known.includes(name) && !name.startsWith('NODE_')),
    [],
  )
})

test('every value that is no secret is one that its setting takes', () => {
  const given = {
    ...readDockerfile().environment,
    ...readCompose().services.gateway.environment,
    ...readEnvironmentFile('deploy/gateway.env.example'),
  }
  for (const values of [given, manifest('ConfigMap').data as Record<string, string>]) {
    const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
    assert.deepEqual(settings.safeParse(set).error?.issues ?? [], [])
  }
})

test('with their secrets set, what the files set is enough for a start, and goes together', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'operators.json')
  writeFileSync(file, JSON.stringify(operators()))
  const secrets = {
    ID_KEY: Buffer.alloc(32, 7).toString('base64'),
    NOTIFY_SECRET: 's',
    OMA_CLIENT_SECRET: 's',
  }
  const image = readDockerfile().environment
  const compose = {
    ...image,
    ...readEnvironmentFile('deploy/gateway.env.example'),
    ...readCompose().services.gateway.environment,
    ...secrets,
  }
  const kubernetes = {
    ...image,
    ...manifest('ConfigMap').data,
    ...manifest('Secret').stringData,
    ...secrets,
    OMA_OPERATORS_FILE: file,
  }

  for (const environment of [compose, kubernetes]) {
    const read = readConfig(environment as Record<string, string>)
    assert.ok('config' in read, JSON.stringify(read))
    assert.ok(read.config.redisUrls.length > 1)
    assert.deepEqual(read.config.warnings, [])
  }
})

test('every variable that the page names is a setting, or one that the build or the OpenTelemetry SDK reads', () => {
  const page = readFileSync('docs/deploying.md', 'utf8')
  const named = [...page.matchAll(/`(?:--build-arg )?([A-Z]+(?:_[A-Z]+)+|WORKERS)(?:=[^`]*)?`/g)].map(
    ([, name = '']) => name,
  )

  assert.ok(named.length > 15, named.join())
  assert.deepEqual(
    named.filter((name) => ![...settingNames, 'NODE_IMAGE', 'OTEL_EXPORTER_OTLP_HEADERS'].includes(name)),
    [],
  )
})

test('no file holds a secret', () => {
  const { ID_KEY, NOTIFY_SECRET, OMA_CLIENT_SECRET } = readEnvironmentFile('deploy/gateway.env.example')

  assert.deepEqual([ID_KEY, NOTIFY_SECRET, OMA_CLIENT_SECRET], ['', '', ''])
  assert.deepEqual(
    [...new Set(Object.values(manifest('Secret').stringData as Record<string, string>))],
    ['REPLACE ME'],
  )
  assert.match(readFileSync('.gitignore', 'utf8'), /^deploy\/gateway\.env$/m)
  for (const name of operatorNames()) assert.ok(name! in manifest('Secret').stringData, name)
})

test('the image is of the Node that the tests run on, and what it copies is there and not ignored', () => {
  const { nodeImage, sources } = readDockerfile()
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))

  assert.equal(nodeImage, `node:${lock.packages['node_modules/node'].version}-bookworm-slim`)
  assert.deepEqual(
    sources.filter((source) => !existsSync(source)),
    [],
  )
  const { letIn, leftOut } = readDockerignore()
  const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)
  assert.deepEqual(
    sources.filter((source) => !letIn.some((folder) => isWithin(source, folder))),
    [],
  )
  assert.deepEqual(
    letIn.filter((path) => !sources.some((source) => isWithin(path, source))),
    [],
  )
  // What is built and installed here must not take the place of what the image's own stages make.
  assert.deepEqual(leftOut, ['demo/node_modules', 'demo/dist'])
})

test('nothing runs as root, writes into its image, or can gain rights', () => {
  assert.equal(readDockerfile().user, 'node')
  for (const [name, service] of Object.entries<Content>(readCompose().services)) {
    assert.equal(service.read_only, true, name)
    assert.deepEqual(service.cap_drop, ['ALL'], name)
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    if (name !== 'gateway') assert.equal(service.user, '999:999', name)
  }
  const { securityContext, containers } = manifest('Deployment').spec.template.spec
  assert.deepEqual(securityContext, {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  assert.deepEqual(containers[0].securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('in Kubernetes a pod drains for longer than it takes to be seen as not ready, and is killed after it has ended', () => {
  const { terminationGracePeriodSeconds, containers } = manifest('Deployment').spec.template.spec
  const { periodSeconds, failureThreshold, timeoutSeconds } = containers[0].readinessProbe as Record<
    'periodSeconds' | 'failureThreshold' | 'timeoutSeconds',
    number
  >
  const drainS = Number(manifest('ConfigMap').data.DRAIN_MS) / 1000

  assert.ok(drainS > periodSeconds * failureThreshold + timeoutSeconds)
  assert.ok(terminationGracePeriodSeconds > drainS + 10)
})

test('in compose the gateway is killed after it has ended', () => {
  const { environment, stop_grace_period } = readCompose().services.gateway

  assert.ok(seconds(stop_grace_period) > Number(environment.DRAIN_MS) / 1000 + 10)
})

test('the objects for Kubernetes are about the same pods, and the same port', () => {
  const labels = manifest('Deployment').spec.template.metadata.labels
  const { spec } = manifest('Deployment')
  const [{ name, containerPort }] = spec.template.spec.containers[0].ports

  assert.deepEqual(spec.selector.matchLabels, labels)
  assert.deepEqual(manifest('Service').spec.selector, labels)
  assert.deepEqual(manifest('PodDisruptionBudget').spec.selector.matchLabels, labels)
  assert.deepEqual(manifest('NetworkPolicy').spec.podSelector.matchLabels, labels)
  for (const { labelSelector } of spec.template.spec.topologySpreadConstraints)
    assert.deepEqual(labelSelector.matchLabels, labels)
  assert.equal(manifest('Service').spec.ports[0].targetPort, name)
  assert.equal(manifest('NetworkPolicy').spec.ingress[0].ports[0].port, name)
  assert.equal(String(containerPort), manifest('ConfigMap').data.PORT)
  assert.equal(manifest('HorizontalPodAutoscaler').spec.scaleTargetRef.name, 'twinning-gateway')
  assert.ok(manifest('HorizontalPodAutoscaler').spec.minReplicas > 1)
  const names = readManifests().map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  for (const { configMapRef, secretRef } of spec.template.spec.containers[0].envFrom)
    assert.ok(names.includes(configMapRef ? `ConfigMap ${configMapRef.name}` : `Secret ${secretRef.name}`))
  for (const { configMap } of spec.template.spec.volumes)
    assert.ok(names.includes(`ConfigMap ${configMap.name}`))
})

test('compose names the nodes of its Redis Cluster by the addresses that it gives them', () => {
  const { services } = readCompose()
  const nodes = Object.entries<Content>(services).filter(([name]) => /^redis-\d$/.test(name))
  const addresses = nodes.map(([, { networks }]) => networks.cluster.ipv4_address as string)

  assert.equal(nodes.length, 6)
  for (const url of (services.gateway.environment.REDIS_URL as string).split(','))
    assert.ok(addresses.includes(new URL(url).hostname), url)
  const script = services['redis-cluster'].command[0] as string
  for (const address of addresses) assert.ok(script.includes(address), address)
})

test('the image runs what npm start runs', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } }

  assert.equal(`exec ${readDockerfile().command.join(' ')}`, scripts.start)
})
