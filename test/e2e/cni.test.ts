/** Pods that CNI plugins plug in, in Docker and without: the plugin is a script of the test's own, which makes a pair of interfaces. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { program, TestCluster } from './harness/cluster.js'
import { eventually, output } from './harness/run.js'

const why = spawnSync('unshare', ['--mount', '--net', '--fork', 'true']).status === 0 ? '' : 'needs root on Linux'
const theDescribe = why ? describe.skip : describe

/** A pod's address is of this range, its last number one more than that of the pod before. */
const range = '10.231.7'
const plugin = `#!/bin/sh
cd "\${0%/*}/../state" || exit 1
cat > "$CNI_COMMAND.json"
echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_ARGS" >> calls
host=cni$(echo "$CNI_CONTAINERID" | cut -c 1-10)
in_pod() { nsenter --net="$CNI_NETNS" ip "$@"; }
case $CNI_COMMAND in
DEL) ip link delete "$host" 2>/dev/null; exit 0 ;;
ADD) ;;
*) exit 0 ;;
esac
set -e
pid=$(echo "$CNI_NETNS" | cut -d / -f 3)
number=$(($(grep -c ^ADD calls) + 1))
ip link add "$host" type veth peer name "$CNI_IFNAME" netns "$pid"
ip address add ${range}.1/32 dev "$host"
ip link set "$host" up
in_pod address add "${range}.$number/32" dev "$CNI_IFNAME"
in_pod link set "$CNI_IFNAME" up
in_pod route add default via ${range}.1 dev "$CNI_IFNAME" onlink
ip route add "${range}.$number/32" dev "$host"
echo '{"cniVersion":"1.0.0","ips":[{"address":"${range}.'$number'/32"}]}'
`
const configuration = {
  cniVersion: '1.0.0',
  name: 'test',
  plugins: [{ type: 'test-veth', ipam: { subnet: `${range}.0/24` }, capabilities: { bandwidth: true } }],
}
const pod = `
apiVersion: v1
kind: Pod
metadata: { name: NAME, annotations: { kubernetes.io/egress-bandwidth: 10M } }
spec:
  nodeName: NODE
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: IMAGE, command: COMMAND }]
`

theDescribe.each([
  ['docker', {}, 'busybox:1.36', '[sh, -c, "echo hello > /tmp/i; httpd -f -p 8080 -h /tmp"]', '/i'],
  ['process', { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, 'minik8s/demo', '[]', '/'],
] as const)('with the %s runtime', (runtime, env, image, command, page) => {
  const flags: string[] = []
  let worker: ChildProcess | undefined
  const cluster = new TestCluster({ runtime, env, flags })
  const directory = (name: string) => join(cluster.dataDir, 'test', name)
  const calls = () =>
    readFileSync(join(directory('state'), 'calls'), 'utf8')
      .trim()
      .split('\n')
  const told = (verb: string) => JSON.parse(readFileSync(join(directory('state'), `${verb}.json`), 'utf8'))
  const address = (name = 'alone') => cluster.kubectl('get', 'pod', name, '-o', 'jsonpath={.status.podIP}')
  const runPod = async (name: string, node: string) => {
    const words = { NAME: name, NODE: node, IMAGE: image, COMMAND: command }
    await cluster.apply(pod.replace(/NAME|NODE|IMAGE|COMMAND/g, word => words[word as keyof typeof words]))
    await cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s')
  }
  const cniLinks = () => readdirSync('/sys/class/net').filter(name => /^cni[0-9a-f]{10}$/.test(name))

  beforeAll(async () => {
    for (const name of ['bin', 'conf', 'state']) mkdirSync(directory(name), { recursive: true })
    writeFileSync(join(directory('bin'), 'test-veth'), plugin, { mode: 0o755 })
    writeFileSync(join(directory('conf'), '10-test.conflist'), JSON.stringify(configuration))
    flags.push('--cni-conf-dir', directory('conf'), '--cni-bin-dir', directory('bin'))
    await cluster.start()
    await runPod('alone', 'node-1')
  })
  afterAll(async () => {
    worker?.kill('SIGKILL')
    await cluster[Symbol.asyncDispose]()
  })

  test('the plugin is told of the pod, and gives it its address', async () => {
    expect(await address()).toBe(`${range}.2`)
    expect(calls()[0]).toMatch(/^ADD \w+ IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=alone;/)
    expect(told('ADD').runtimeConfig).toEqual({ bandwidth: { egressRate: 10_000_000, egressBurst: 2 ** 31 - 1 } })
    expect(await (await fetch(`http://${await address()}:8080${page}`)).text()).toMatch(/hello/i)
  })

  test('the pod reaches the API server by its service, and is reached by exec', async () => {
    const { clusterIP } = JSON.parse(await cluster.kubectl('get', 'service', 'kubernetes', '-o', 'json')).spec
    const connect =
      runtime === 'docker'
        ? ['sh', '-c', `echo | nc -w 5 ${clusterIP} 443 && echo open`]
        : [
            'node',
            '--eval',
            `require('node:net').connect(443, '${clusterIP}', () => process.exit(console.log('open')))`,
          ]
    await eventually('the service answers', async () =>
      (await cluster.kubectl('exec', 'alone', '--', ...connect).catch(String)).includes('open'),
    )
  })

  test('it stays as it was while minik8s is killed and started again', async () => {
    const before = await address()
    await cluster.stop('SIGKILL')
    await cluster.start()
    expect(await address()).toBe(before)
    expect(calls()).toHaveLength(1)
    expect(await (await fetch(`http://${before}:8080${page}`)).text()).toMatch(/hello/i)
  })

  test('a node that joins has its pods plugged in as well, and deleted by a down of its own', async () => {
    const nodeDir = directory('node')
    const printed = await output(process.execPath, [program, 'node', 'token', '--data-dir', cluster.dataDir])
    const join = [...printed.trim().split(' ').slice(1), '--node-name', 'worker', '--data-dir', nodeDir]
    worker = spawn(process.execPath, [program, ...join, '--runtime', runtime, ...flags], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    })
    await eventually('the node is there', () => cluster.kubectl('get', 'node', 'worker'))
    await runPod('far', 'worker')
    expect(await address('far')).toBe(`${range}.3`)
    expect(await (await fetch(`http://${await address('far')}:8080${page}`)).text()).toMatch(/hello/i)
    const said = await output(process.execPath, [program, 'down', '--data-dir', nodeDir], { env })
    expect(said).toBe('stopped; its containers are removed\n')
    expect(calls().map(line => line.slice(0, 3))).toEqual(['ADD', 'ADD', 'DEL'])
    expect(cniLinks()).toHaveLength(1)
    expect(await (await fetch(`http://${await address()}:8080${page}`)).text()).toMatch(/hello/i)
  })

  test('down has the plugin delete what it added', async () => {
    expect(cniLinks()).toHaveLength(1)
    const said = await output(process.execPath, [program, 'down', '--data-dir', cluster.dataDir], { env })
    expect(said).toBe('stopped; its containers are removed\n')
    expect(calls().map(line => line.slice(0, 3))).toEqual(['ADD', 'ADD', 'DEL', 'DEL'])
    expect(told('DEL').prevResult.ips).toEqual([{ address: `${range}.2/32` }])
    expect(cniLinks()).toEqual([])
    const { id } = JSON.parse(readFileSync(join(cluster.dataDir, 'cluster.json'), 'utf8'))
    expect(existsSync(`/sys/class/net/mk8s-${id}`)).toBe(false)
  })
})
