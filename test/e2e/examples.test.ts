/** Each file of `examples/` runs as its first lines say. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster()
beforeAll(async () => {
  await cluster.start()
})
afterAll(() => cluster[Symbol.asyncDispose]())

const apply = (name: string) => cluster.kubectl('apply', '-f', join(examples, name))
const remove = (name: string) => cluster.kubectl('delete', '-f', join(examples, name), '--timeout=60s')

/** What is to be seen of each example once it is applied. */
const checks: Record<string, () => Promise<void>> = {
  async 'web.yaml'() {
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    const ip = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].status.podIP}')
    expect(await (await fetch(`http://${ip}/`)).text()).toContain('Hello from minik8s')
    const addresses = await eventually('three endpoints', async () => {
      const text = await cluster.kubectl('get', 'endpoints', 'web', '-o', 'jsonpath={.subsets[0].addresses[*].ip}')
      return text.split(' ').length === 3 && text.split(' ')
    })
    expect(addresses).toContain(ip)
  },
  async 'hello.yaml'() {
    await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
    const ip = await cluster.kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[0].status.podIP}')
    expect(await (await fetch(`http://${ip}:8080/`)).text()).toMatch(/^Hello from hello-\S+\n$/)
    expect(await cluster.kubectl('logs', 'deployment/hello')).toContain('listening on port 8080')
  },
  async 'settings.yaml'() {
    await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/settings', '--timeout=60s')
    expect(await cluster.kubectl('logs', 'settings')).toBe(
      'hello from settings on node-1\ncolour=blue\n28\napp="settings"\ndone\n',
    )
  },
  async 'ten-kinds.yaml'() {
    await cluster.kubectl('-n', 'ten', 'rollout', 'status', 'deployment/worker', '--timeout=60s')
    await cluster.kubectl('-n', 'ten', 'wait', '--for=condition=Complete', 'job/once', '--timeout=60s')
    expect(await cluster.kubectl('-n', 'ten', 'logs', 'deployment/worker')).toBe('working in quiet mode\n')
    const reads = ['auth', 'can-i', 'list', 'pods', '-n', 'ten', '--as', 'system:serviceaccount:ten:worker']
    expect(await cluster.kubectl(...reads)).toBe('yes\n')
  },
}

/** Those with a test of their own. */
const checkedElsewhere = ['guestbook.yaml']

test('every example has a check', () => {
  const manifests = readdirSync(examples).filter(name => name.endsWith('.yaml'))
  expect([...Object.keys(checks), ...checkedElsewhere].sort()).toEqual(manifests.sort())
})

test.each(Object.keys(checks))('%s', async name => {
  await apply(name)
  await checks[name]!()
  await remove(name)
})
