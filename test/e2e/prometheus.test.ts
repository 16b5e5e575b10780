/** A real Prometheus scrapes the server's /metrics with a real service-account token and answers queries about them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster({ runtime: 'none' })
const directory = mkdtempSync(join(tmpdir(), 'minik8s-prometheus-'))
let prometheus: ChildProcess
let address = ''

const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

beforeAll(async () => {
  await cluster.start()
  await cluster.apply(`
apiVersion: v1
kind: ServiceAccount
metadata: { name: prometheus, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: prometheus }
rules: [{ nonResourceURLs: [/metrics], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: prometheus }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus }
subjects: [{ kind: ServiceAccount, name: prometheus, namespace: default }]
`)
  writeFileSync(join(directory, 'token'), (await cluster.kubectl('create', 'token', 'prometheus')).trim(), {
    mode: 0o600,
  })
  const target = new URL(await cluster.server()).host
  writeFileSync(
    join(directory, 'prometheus.yml'),
    `
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: apiserver
    scheme: https
    tls_config: { ca_file: ${cluster.dataDir}/pki/ca.crt }
    authorization: { credentials_file: ${directory}/token }
    static_configs: [{ targets: ['${target}'] }]
`,
  )
  address = `127.0.0.1:${await freePort()}`
  prometheus = spawn(
    'prometheus',
    [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  )
})
afterAll(async () => {
  prometheus?.kill()
  await cluster[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

async function query(expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
  const answer = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`)
  return ((await answer.json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } })
    .data.result
}

test('the target is up and counts requests', async () => {
  await eventually('up', async () => (await query('up{job="apiserver"}'))[0]?.value[1] === '1')
  await cluster.kubectl('get', 'namespaces')
  const [row] = await eventually('requests', async () => {
    const rows = await query('apiserver_request_total{verb="LIST",resource="namespaces",code="200"}')
    return rows.length > 0 && rows
  })
  expect(row?.metric).toMatchObject({ version: 'v1', scope: 'cluster' })
  expect(Number(row?.value[1])).toBeGreaterThan(0)
  expect(
    (await query('histogram_quantile(0.99, sum by (le) (rate(apiserver_request_duration_seconds_bucket[1m])))'))[0],
  ).toBeDefined()
  expect((await query('process_resident_memory_bytes'))[0]).toBeDefined()
})

test('without a token there is nothing to see', async () => {
  const { code, stderr } = await cluster.tryKubectl(['get', '--raw', '/metrics', '--as', 'nobody'])
  expect(code).not.toBe(0)
  expect(stderr).toContain('Forbidden')
})
