/** The operator of examples/operator, in TypeScript on minik8s' own controller runtime, as a process beside a cluster on Docker. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, TestCluster } from './harness/cluster.js'
import { eventually, fetchAnew } from './harness/run.js'

const run = promisify(execFile)
const root = dirname(examples)
const folder = join(examples, 'operator')
const built = join(folder, 'operator.mjs')
const cluster = new TestCluster()
let operator: ChildProcess

const jsonpath = (path: string, ...args: string[]) => cluster.kubectl('get', ...args, '-o', `jsonpath=${path}`)
const ready = () => cluster.kubectl('wait', '--for=condition=Ready', 'website/hello', '--timeout=60s')
const holder = () => jsonpath('{.spec.holderIdentity}', 'lease', 'website-operator')

beforeAll(async () => {
  await cluster.start()
  await cluster.kubectl('apply', '-f', join(folder, 'website.yaml'))
  await cluster.kubectl('wait', '--for=condition=Established', 'crd/websites.example.com', '--timeout=10s')
  const esbuild = join(root, 'node_modules/.bin/esbuild')
  await run(esbuild, [join(folder, 'operator.ts'), '--format=esm', `--outfile=${built}`])
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig }
  operator = spawn(process.execPath, [built], { env, stdio: ['ignore', 'inherit', 'inherit'] })
})
afterAll(async () => {
  operator?.kill('SIGKILL')
  rmSync(built, { force: true })
  await cluster[Symbol.asyncDispose]()
})

test('a page is served, and served anew when it changes', async () => {
  await cluster.kubectl('apply', '-f', join(folder, 'hello.yaml'))
  await ready()
  const page = async () => {
    const address = await jsonpath('{.spec.clusterIP}', 'service', 'hello')
    return (await fetchAnew(`http://${address}`)).text()
  }
  await eventually('the page', async () => (await page()) === '<h1>Hello from an operator</h1>\n')
  const pages = { 'index.html': 'changed' }
  await cluster.kubectl('patch', 'web', 'hello', '--type=merge', '-p', JSON.stringify({ spec: { pages } }))
  await eventually('the new page', async () => (await page()) === 'changed', 60_000)
  expect(await cluster.kubectl('describe', 'website', 'hello')).toContain('Made a web server for 1 pages')
}, 120_000)

test('what others take away is made again; what is theirs stays', async () => {
  await cluster.kubectl('label', 'deployment', 'hello', 'team=a')
  await cluster.kubectl('delete', 'service', 'hello')
  await eventually('the service', () => jsonpath('{.spec.clusterIP}', 'service', 'hello'))
  await cluster.kubectl('scale', 'website/hello', '--replicas=1')
  await eventually('one server', async () => (await jsonpath('{.spec.replicas}', 'deployment', 'hello')) === '1')
  expect(await jsonpath('{.metadata.labels.team}', 'deployment', 'hello')).toBe('a')
})

test('rules of its definition hold', async () => {
  const pages = { 'index.html': null, 'other.html': 'x' }
  const patch = JSON.stringify({ spec: { pages } })
  const refused = await cluster.tryKubectl(['patch', 'website', 'hello', '--type=merge', '-p', patch])
  expect(refused.stderr).toContain('spec: Invalid value: "object": there is no index.html')
})

test('what is deleted goes with all that it owned', async () => {
  await cluster.kubectl('delete', 'website', 'hello', '--timeout=30s')
  const left = () => cluster.kubectl('get', 'cm,deploy,svc,pods', '-l', 'app.kubernetes.io/name=website', '-o', 'name')
  await eventually('nothing to be left', async () => (await left()) === '', 60_000)
}, 90_000)

test('it ends when told to, and gives up its lease', async () => {
  expect(await holder()).not.toBe('')
  operator.kill('SIGTERM')
  expect((await once(operator, 'exit'))[0]).toBe(0)
  expect(await holder()).toBe('')
})

test('an error of one of the two libraries is one to the other', async () => {
  const script = `
    const { startCluster, kinds } = require('minik8s')
    const { isReason } = require('minik8s/controller-runtime')
    startCluster().then(async cluster => {
      const missing = await cluster.client.get(kinds.pod, { namespace: 'default', name: 'none' }).catch(error => error)
      console.log(isReason(missing, 'NotFound'))
      await cluster.stop()
    })`
  expect((await run(process.execPath, ['-e', script], { cwd: root })).stdout).toBe('true\n')
})
