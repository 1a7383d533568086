import assert from 'node:assert/strict'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import test, { type TestContext } from 'node:test'
import { listening, withOperators } from '../support/process.ts'
import { until } from '../support/until.ts'
import { manifest, readCompose, readDockerfile } from './files.ts'
import { buildImage, canBecomeNobody, runImage } from './image.ts'

const who = canBecomeNobody ? 'nobody' : 'whoever runs this test, who is not root'

async function ask(url: string, token: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ twinningDevice { twinnings { totalCount } } }' }),
  })
  return ((await response.json()) as { data: unknown }).data
}

test(`the image's command serves as ${who} where nothing can be written, with production packages only`, async (t) => {
  const image = buildImage(t)
  const { command, healthCommand, environment: fixed } = readDockerfile()
  if (canBecomeNobody) await cannotWrite(t, image)

  await t.test(
    'in front of operators: probes answer, a query works, SIGTERM ends it with code 0',
    async (t) => {
      const { sandbox, environment } = await withOperators(t)
      const { JWKS_URL = '', JWT_ISSUER = '', JWT_AUDIENCE = '' } = environment
      const { alpha } = sandbox.operators
      const started = runImage(t, image, command, {
        JWKS_URL,
        JWT_ISSUER,
        JWT_AUDIENCE,
        OMA_SERVER_ROOT: alpha.serverRoot,
        OMA_AUTH: 'token',
        OMA_ACCESS_TOKEN: sandbox.accessToken,
        PORT: '0',
      })
      const url = new URL(await listening(started))
      url.hostname = '127.0.0.1'

      const [{ startupProbe, livenessProbe, readinessProbe }] =
        manifest('Deployment').spec.template.spec.containers
      for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
        assert.equal((await fetch(new URL(httpGet.path, url))).status, 200, httpGet.path)
      assert.deepEqual(await ask(url.origin, await sandbox.characters.phone.token()), {
        twinningDevice: { twinnings: { totalCount: 2 } },
      })
      assert.equal(fixed.HOST, '0.0.0.0')
      const healthy = async (command: readonly string[], PORT: string) =>
        (await runImage(t, image, command, { PORT }).ended()).code
      assert.equal(await healthy(healthCommand, url.port), 0)
      assert.equal(await healthy(healthCommand, '1'), 1)
      const [, ...inCompose] = readCompose().services.gateway.healthcheck.test as string[]
      assert.equal(
        await healthy(
          inCompose.map((word) => word.replace(':4000', `:${url.port}`)),
          '',
        ),
        0,
      )

      started.child.kill('SIGTERM')
      assert.equal((await started.ended()).code, 0)
      assert.equal(started.errors(), '')
    },
  )

  await t.test('with nothing set: its own sandbox, GraphiQL and the demo', async (t) => {
    const started = runImage(t, image, command, { PORT: '0' })
    const url = await listening(started)
    await until('the banner is complete', () => started.output().includes('Ctrl-C stops it all'), 15_000)

    const origin = url.replace('0.0.0.0', '127.0.0.1')
    for (const path of ['/', '/demo']) {
      const page = await fetch(new URL(path, origin))
      assert.equal(page.status, 200, path)
      const assets = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!)
      assert.ok(assets.length > 0)
      for (const asset of assets) assert.equal((await fetch(new URL(asset, origin))).status, 200, asset)
    }

    started.child.kill('SIGTERM')
    assert.equal((await started.ended()).code, 0)
    assert.equal(started.errors(), '')
  })
})

async function cannotWrite(t: TestContext, image: { folder: string; node: string }) {
  accessSync(image.folder, constants.R_OK)
  const script =
    "for (const path of ['x', 'src/x', 'package.json', 'src/main.ts']) try { fs.writeFileSync(path, ''); console.log(path) } catch {}"
  const started = runImage(t, image, ['node', '-e', script], {})
  await once(started.child, 'close')
  assert.equal(started.output(), '')
}
