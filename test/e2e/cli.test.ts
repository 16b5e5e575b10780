/** The command line as a user meets it: help, mistakes, start, stop, reset. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { program, TestCluster } from './harness/cluster.js'
import { run } from './harness/run.js'

const minik8s = (args: readonly string[], env: Record<string, string> = {}) =>
  run(process.execPath, [program, ...args], { env, timeoutMs: 30_000 })

test.each(['up', 'down', 'reset', 'version'])('%s --help says how to use it', async name => {
  const { code, stdout } = await minik8s([name, '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain(`Usage: minik8s ${name}`)
})

test.each([
  { args: ['fly'], says: 'there is no command "fly"' },
  { args: ['up', '--prot', '1'], says: "Unknown option '--prot'" },
  { args: ['up', '--data-dir', ''], says: '--data-dir must name a place' },
  { args: ['reset', '--data-dir', ''], says: '--data-dir must name a place' },
  { args: ['version', '--all'], says: "Unknown option '--all'" },
  { args: ['image', 'save'], says: 'say what to load: `minik8s image load FILE|NAME`' },
  { args: ['scheduler', 'explain', '-n', 'default'], says: 'say which pod: `minik8s scheduler explain POD' },
  { args: ['up', '--runtime', 'lxc'], says: '--runtime must be one of auto, docker, process, sim, none' },
])('$args ends with code 2 and a sentence', async ({ args, says }) => {
  const { code, stderr } = await minik8s(args)
  expect(code).toBe(2)
  expect(stderr).toContain(says)
  expect(stderr).not.toContain('    at ')
})

test('no Docker daemon: says what to do', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-cli-'))
  const { code, stderr } = await minik8s(['up', '--data-dir', dir, '--port', '0', '--runtime', 'docker'], {
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
  })
  expect(code).toBe(1)
  expect(stderr).toMatch(/Docker.*\/nowhere\/docker\.sock[\s\S]*--runtime (sim|none)/)
  expect(stderr).not.toContain('    at ')
  rmSync(dir, { recursive: true, force: true })
})

test('a file where the data directory should be: says what to do', async () => {
  const { code, stderr } = await minik8s(['up', '--data-dir', program, '--port', '0', '--runtime', 'none'])
  expect(code).toBe(1)
  expect(stderr).toContain('choose another place with --data-dir')
  expect(stderr).not.toContain('    at ')
})

test('on all addresses, its kubeconfig leads to it by loopback', async () => {
  await using cluster = new TestCluster({ runtime: 'none', flags: ['--bind-address', '0.0.0.0'] })
  await cluster.start()
  expect(await cluster.kubectl('config', 'view')).toContain('server: https://127.0.0.1:')
  await cluster.kubectl('get', 'namespace', 'default')
})

test('a port in use: says which and what to do', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-cli-'))
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { code, stderr } = await minik8s(['up', '--data-dir', dir, '--port', `${port}`, '--runtime', 'none'])
  server.close()
  expect(code).toBe(1)
  expect(stderr).toMatch(new RegExp(`${port}.*in use.*--port`))
  rmSync(dir, { recursive: true, force: true })
})

test('starts, answers, stops in order; a second one on the same data is refused', async () => {
  await using cluster = new TestCluster({ runtime: 'sim', flags: ['--nodes', '3'] })
  expect(await cluster.start()).toMatch(
    /^minik8s v\d+\.\d+\.\d+ is ready in \d+ ms: kubectl --kubeconfig \S+ get nodes$/,
  )
  expect((await cluster.kubectl('get', 'nodes', '-o', 'name')).trim().split('\n')).toHaveLength(3)
  expect(statSync(join(cluster.dataDir, 'pki/admin.key')).mode & 0o777).toBe(0o600)
  await cluster.kubectl('cordon', 'node-1')
  await cluster.kubectl('run', 'web', '--image=nginx:1.27')
  const explained = await minik8s(['scheduler', 'explain', 'pod/web', '-n', 'default', '--data-dir', cluster.dataDir])
  expect(explained.stdout).toMatch(/^node-1 +- +NodeUnschedulable +refuses: node\(s\) were unschedulable$/m)
  expect(explained.stdout).toMatch(/^node-2 +\d+ +NodeResourcesFit +\d+ +\d+ +1 +\d+$/m)
  const second = await minik8s(['up', '--data-dir', cluster.dataDir, '--port', '0', '--runtime', 'none'])
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(/already (in use|running)/)
  expect(await cluster.stop('SIGINT')).toBe(0)
  expect(existsSync(join(cluster.dataDir, 'instance.json'))).toBe(false)
})

test('down stops it and keeps objects; reset forgets them', async () => {
  await using cluster = new TestCluster({ runtime: 'none' })
  await cluster.start()
  await cluster.kubectl('create', 'configmap', 'kept')
  expect((await minik8s(['down', '--data-dir', cluster.dataDir])).stdout).toContain('stopped')
  await cluster.start()
  await cluster.kubectl('get', 'configmap', 'kept')
  expect((await minik8s(['reset', '--data-dir', cluster.dataDir])).code).toBe(0)
  await cluster.start()
  expect((await cluster.tryKubectl(['get', 'configmap', 'kept'])).stderr).toContain('"kept" not found')
})
