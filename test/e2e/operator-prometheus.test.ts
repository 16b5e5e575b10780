/** prometheus-operator v0.85.0 from its published module, with its ten definitions: it turns its kinds into StatefulSets, and tells of them. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { operatorFolder, prepareGoProgram, RunningProgram } from './harness/go-program.js'
import { eventually } from './harness/run.js'
import { freePort } from './harness/stock.js'
import { describeWith, type Tool } from './harness/tool.js'

const module = 'github.com/prometheus-operator/prometheus-operator'
const name = 'prometheus-operator'

/** The definitions are in the module, which a machine with the cached program alone may lack. */
function definitionsFolder(): string {
  const cwd = operatorFolder(name)
  const env = { ...process.env, GOFLAGS: '-mod=mod' }
  const { Dir } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', `${module}@v0.85.0`], { cwd, env, encoding: 'utf8' }),
  ) as { Dir: string }
  return join(Dir, 'example/prometheus-operator-crd')
}

const objects = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: prometheus }
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: { name: main }
spec: { replicas: 2, serviceAccountName: prometheus, serviceMonitorSelector: {}, ruleSelector: {} }
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: web }
spec: { selector: { matchLabels: { app: web } }, endpoints: [{ port: http, interval: 15s }] }
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: rules }
spec: { groups: [{ name: up, rules: [{ alert: Down, expr: up == 0, for: 1m }] }] }
---
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: { name: main }
spec: { replicas: 1 }
`

const operator: Tool = prepareGoProgram({ name, package: `${module}/cmd/operator`, slow: true })

describeWith('prometheus-operator', operator, program => {
  const cluster = new TestCluster({ runtime: 'sim' })
  let running: RunningProgram | undefined
  const jsonpath = (path: string, ...args: string[]) => cluster.kubectl('get', ...args, '-o', `jsonpath=${path}`)
  const generated = async () => {
    const text = await jsonpath('{.data.prometheus\\.yaml\\.gz}', 'secret', 'prometheus-main')
    return execFileSync('gzip', ['-dc'], { input: Buffer.from(text, 'base64'), encoding: 'utf8' })
  }

  beforeAll(async () => {
    await cluster.start()
    const definitions = definitionsFolder()
    expect(existsSync(definitions)).toBe(true)
    await cluster.kubectl('apply', '--server-side', '-f', definitions)
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s')
    const args = ['--web.listen-address', `127.0.0.1:${await freePort()}`]
    running = new RunningProgram(program, args, { KUBECONFIG: cluster.kubeconfig })
  })
  afterAll(async () => {
    await running?.stop()
    await cluster[Symbol.asyncDispose]()
  })

  test('makes pods of a Prometheus and an Alertmanager, and says when they are available', async () => {
    await cluster.apply(objects)
    for (const kind of ['prometheus', 'alertmanager'])
      await cluster.kubectl('wait', '--for=condition=Available', kind, 'main', '--timeout=60s')
    expect(await cluster.kubectl('get', 'prometheus')).toMatch(
      /NAME +VERSION +DESIRED +READY +RECONCILED +AVAILABLE +AGE\nmain +2 +2 +True +True /,
    )
    expect(await jsonpath('{.metadata.ownerReferences[0].kind}', 'sts', 'prometheus-main')).toBe('Prometheus')
  })

  test('writes configuration and rules from what it selects', async () => {
    expect(await generated()).toContain('job_name: serviceMonitor/default/web/0')
    expect(await jsonpath('{.data}', 'cm', 'prometheus-main-rulefiles-0')).toContain('alert: Down')
    await cluster.kubectl('delete', 'servicemonitor', 'web')
    await eventually('a configuration without it', async () => !(await generated()).includes('serviceMonitor/'))
  })

  test('its scale is that of shards', async () => {
    await cluster.kubectl('scale', 'prometheus', 'main', '--replicas=2')
    const readyReplicas = () => jsonpath('{.status.readyReplicas}', 'sts', 'prometheus-main-shard-1')
    await eventually('a second shard', async () => (await readyReplicas()) === '2')
    await eventually('its status', async () => (await jsonpath('{.status.shards}', 'prometheus', 'main')) === '2')
  })

  test('its kinds are checked and explained', async () => {
    const bad = '{"spec":{"replicas":"many","scrapeInterval":"soon"}}'
    const { stderr } = await cluster.tryKubectl(['patch', 'prometheus', 'main', '--type=merge', '-p', bad])
    expect(stderr).toContain('spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer')
    expect(stderr).toContain('spec.scrapeInterval: Invalid value: "soon": spec.scrapeInterval in body should match')
    const text = await cluster.kubectl('explain', 'prometheus.spec.alerting.alertmanagers.basicAuth.password')
    expect(text).toMatch(/FIELD: password <(Object|SecretKeySelector)>[\s\S]+key\t<string> -required-/)
    expect(await cluster.kubectl('explain', 'scrapeconfigs', '--recursive')).toContain('kubernetesSDConfigs')
  })

  test('met no errors', () => {
    const lines = running?.log.split('\n') ?? []
    expect(lines.filter(l => /level=error/.test(l) && !/the object has been modified/.test(l))).toEqual([])
  })
})
