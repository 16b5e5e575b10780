/** An operator made with sigs.k8s.io/controller-runtime v0.22.5, in two processes: leader election, webhooks, finalizer, status, ownership. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { operatorFolder, prepareGoProgram, RunningProgram } from './harness/go-program.js'
import { eventually } from './harness/run.js'
import { freePort } from './harness/stock.js'
import { describeWith } from './harness/tool.js'

const operator = prepareGoProgram({ name: 'webapp', package: '.' })

const webApp = (name: string, spec: object, labels: object = {}) =>
  JSON.stringify({ apiVersion: 'shop.example.com/v1', kind: 'WebApp', metadata: { name, labels }, spec })

describeWith('An operator made with controller-runtime', operator, program => {
  const cluster = new TestCluster({ runtime: 'sim' })
  const running: RunningProgram[] = []
  const jsonpath = (path: string, ...args: string[]) => cluster.kubectl('get', ...args, '-o', `jsonpath=${path}`)
  const holder = async () => (await jsonpath('{.spec.holderIdentity}', 'lease', 'webapp-operator')).split('_')[0]

  async function startOperator(identity: string): Promise<RunningProgram> {
    const port = await freePort()
    const args = ['--kubeconfig', cluster.kubeconfig, '--webhook-port', `${port}`, '--identity', identity]
    const started = new RunningProgram(program, args)
    running.push(started)
    return started
  }
  const leading = (it: RunningProgram) =>
    eventually('the operator to lead', async () => /Starting workers/.test(it.log), 30_000)
  const registered = () => jsonpath('{.metadata.generation}', 'validatingwebhookconfiguration', 'webapps')
  const ready = (name: string) => cluster.kubectl('wait', '--for=condition=Ready', `webapp/${name}`, '--timeout=30s')

  beforeAll(async () => {
    await cluster.start()
    await cluster.kubectl('apply', '-f', join(operatorFolder('webapp'), 'crd.yaml'))
    await cluster.kubectl('wait', '--for=condition=Established', 'crd/webapps.shop.example.com', '--timeout=10s')
    await leading(await startOperator('first'))
    await eventually('the webhooks', registered)
    await startOperator('second')
  })
  afterAll(async () => {
    for (const program of running) await program.stop()
    await cluster[Symbol.asyncDispose]()
  })

  test('its webhook fills in, its controller deploys and tells', async () => {
    await cluster.apply(webApp('front', {}))
    await ready('front')
    expect(JSON.parse(await jsonpath('{.spec}', 'webapp', 'front'))).toEqual({ image: 'nginx:latest', replicas: 1 })
    expect(await jsonpath('{.metadata.ownerReferences[0].kind}/{.status.readyReplicas}', 'deploy', 'front')).toBe(
      'WebApp/1',
    )
    expect(await cluster.kubectl('get', 'wa')).toMatch(/NAME +REPLICAS +READY\nfront +1 +1\n/)
    expect(await cluster.kubectl('describe', 'wa', 'front')).toContain('first made deployment front')
    expect(await cluster.kubectl('explain', 'webapps.spec.image')).toContain('nginx where none is given')
  })

  test('its webhooks refuse and warn', async () => {
    const tooMany = await cluster.tryKubectl(['patch', 'wa', 'front', '--type=merge', '-p', '{"spec":{"replicas":6}}'])
    expect(tooMany.stderr.trim()).toBe(
      'Error from server (Forbidden): admission webhook "check.webapps.shop.example.com" denied the request: 6 replicas are more than 5',
    )
    const warned = await cluster.tryKubectl(['patch', 'wa', 'front', '--type=merge', '-p', '{"spec":{"replicas":0}}'])
    expect(warned.stderr).toBe('Warning: nobody will answer: there are no replicas\n')
    await cluster.apply(webApp('kept', {}, { keep: 'true' }))
    expect((await cluster.tryKubectl(['delete', 'wa', 'kept'])).stderr).toContain('it is to be kept')
  })

  test('follows its scale, and makes again what was deleted', async () => {
    await cluster.kubectl('scale', 'webapp/front', '--replicas=3')
    await eventually('three pods', async () => (await jsonpath('{.status.readyReplicas}', 'deploy', 'front')) === '3')
    const uid = await jsonpath('{.metadata.uid}', 'deploy', 'front')
    await cluster.kubectl('delete', 'deploy', 'front')
    await eventually('a new deployment', async () => (await jsonpath('{.metadata.uid}', 'deploy', 'front')) !== uid)
    await ready('front')
  })

  test('another takes over from one that is killed, webhooks included', async () => {
    const before = await registered()
    await running[0]?.stop('SIGKILL')
    await leading(running[1] as RunningProgram)
    await eventually('its webhooks', async () => (await registered()) !== before)
    await cluster.apply(webApp('back', { replicas: 2 }))
    await ready('back')
    expect(await cluster.kubectl('describe', 'wa', 'back')).toContain('second made deployment back')
    expect(await jsonpath('{.spec.leaseTransitions}', 'lease', 'webapp-operator')).toBe('1')
    expect(await holder()).not.toBe('')
  })

  test('what is deleted goes with all that it owned, after its finalizer', async () => {
    await cluster.kubectl('delete', 'wa', 'front', 'back', '--timeout=30s')
    expect(await jsonpath('{.data.by}', 'cm', 'obituary-front')).toBe('second')
    await eventually('no pods of theirs', async () => {
      const left = await cluster.kubectl('get', 'deploy,rs,pods', '-l', 'webapp in (front,back)', '-o', 'name')
      return left === ''
    })
    expect(await cluster.kubectl('get', 'deploy', '-o', 'name')).toBe('deployment.apps/kept\n')
  })

  test('met no errors but those of every day', () => {
    for (const { log } of running) {
      const errors = log.split('\n').filter(line => /"level":"error"|^[EF]\d{4}/.test(line))
      expect(errors.filter(line => !line.includes('the object has been modified'))).toEqual([])
    }
  })
})
