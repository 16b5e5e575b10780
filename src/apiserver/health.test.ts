import { expect, test } from '@jest/globals'
import { newServerFixture } from './testing/server-fixture.js'

test('every check has its line, in order', async () => {
  await using server = await newServerFixture()
  const { text } = await server.agent().get('/readyz?verbose').expect(200)
  const lines = text.trimEnd().split('\n')
  expect(lines.slice(0, 5)).toEqual([
    '[+]ping ok',
    '[+]log ok',
    '[+]etcd ok',
    '[+]etcd-readiness ok',
    '[+]informer-sync ok',
  ])
  expect(lines).toContain('[+]poststarthook/rbac/bootstrap-roles ok')
  expect(lines.slice(-2)).toEqual(['[+]shutdown ok', 'readyz check passed'])
})

test('a store that does not answer fails its checks, and says why only to those who may ask for it alone', async () => {
  let broken = false
  const checkStore = async () => {
    if (broken) throw new Error('the disk is gone')
  }
  await using server = await newServerFixture({ checkStore })
  await server.agent('').get('/livez').expect(200, 'ok')
  broken = true
  const { text } = await server.agent('').get('/livez').expect(500)
  expect(text).toContain('[-]etcd failed: reason withheld\n')
  expect(text).toMatch(/livez check failed\n$/)
  await server
    .agent()
    .get('/livez/etcd')
    .expect(500, 'internal server error: error getting data from etcd: the disk is gone\n')
  await server.agent('').get('/livez?exclude=etcd').expect(200, 'ok')
})

test('checks that are left out, and those that are not there', async () => {
  await using server = await newServerFixture()
  const { text } = await server.agent().get('/livez?exclude=ping&exclude=b&exclude=a&verbose').expect(200)
  expect(text).toMatch(/^\[\+\]ping excluded: ok\n/)
  expect(text).toContain('warn: some health checks cannot be excluded: no matches for "a","b"\n')
  await server.agent().get('/livez/nothing').expect(404, '404 page not found\n')
  await server.agent().get('/livez/').expect(404)
  await server.agent().get('/livez/etcd-readiness').expect(404)
})

test('results are kept for the indicators of service levels', async () => {
  await using server = await newServerFixture()
  const told = async () => (await server.agent().get('/metrics/slis').expect(200)).text
  // The server has looked at itself before it said that it was ready.
  expect(await told()).toContain('kubernetes_healthchecks_total{name="etcd",status="success",type="readyz"} 1')
  await server.agent().get('/readyz')
  expect(await told()).toContain('kubernetes_healthcheck{name="etcd",type="readyz"} 1')
  expect(await told()).toContain('kubernetes_healthchecks_total{name="etcd",status="success",type="readyz"} 2')
})
