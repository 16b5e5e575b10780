import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { nodeConfiguration, resolveConfiguration, resolveDataDir } from './configuration.js'
import { parseFlags, UsageError, upFlags } from './flags.js'

const directory = mkdtempSync(join(tmpdir(), 'minik8s-config-'))
afterAll(() => rmSync(directory, { recursive: true }))
const file = (text: string): string => {
  const path = join(directory, `${Math.random()}.yaml`)
  writeFileSync(path, text)
  return path
}
const header = 'apiVersion: minik8s.dev/v1alpha1\nkind: ClusterConfiguration\n'

describe('resolveConfiguration', () => {
  test('has defaults for everything', async () => {
    expect(await resolveConfiguration({}, {})).toEqual({
      dataDir: resolve('.minik8s'),
      storage: 'file',
      port: 6443,
      bindAddress: '127.0.0.1',
      runtime: 'auto',
      nodes: 1,
      simNodes: 0,
      controllers: ['*'],
      scheduler: true,
      serviceProxy: 'auto',
      dns: 'builtin',
      cniBinDir: '/opt/cni/bin',
      ingress: 'builtin',
      removeContainers: false,
      logLevel: 'warn',
      serviceSubnet: '10.96.0.0/16',
    })
  })

  test('takes flags before the environment before the file', async () => {
    const config = file(`${header}port: 1\nnodes: 2\nruntime: sim\n`)
    const got = await resolveConfiguration({ config, port: '3' }, { MINIK8S_PORT: '2', MINIK8S_NODES: '5' })
    expect(got).toMatchObject({ port: 3, nodes: 5, runtime: 'sim' })
  })

  test.each([
    { flags: { port: 'x' }, message: '--port must be a whole number from 0 to 65535, not "x"' },
    { flags: { runtime: 'lxc' }, message: '--runtime must be one of auto, docker, process, sim, none, not "lxc"' },
    { flags: { verbosity: 'loud' }, message: '--verbosity must be one of error, warn, info, debug, trace, not "loud"' },
    { flags: { scheduler: 'maybe' }, message: '--scheduler must be one of true, false, not "maybe"' },
    { flags: { 'data-dir': '' }, message: '--data-dir must name a place, not be empty' },
    { flags: { 'bind-address': 'home' }, message: '--bind-address must be an IP address, not "home"' },
  ])('refuses $flags', async ({ flags, message }) => {
    await expect(resolveConfiguration(flags, {})).rejects.toThrow(new UsageError(message))
  })

  test('takes an empty variable for one that is not set', async () => {
    const env = { MINIK8S_DATA_DIR: '', MINIK8S_PORT: '' }
    expect(await resolveConfiguration({}, env)).toMatchObject({ dataDir: resolve('.minik8s'), port: 6443 })
    expect(resolveDataDir(undefined, env)).toBe(resolve('.minik8s'))
  })

  test('refuses a service subnet that is no range of addresses', async () => {
    const config = file(`${header}serviceSubnet: 999.1.1.1/16\n`)
    await expect(resolveConfiguration({ config }, {})).rejects.toThrow(/serviceSubnet.*10\.96\.0\.0\/16.*999/)
  })

  test('names the field of a bad file', async () => {
    const config = file(`${header}port: many\nnode: 3\n`)
    await expect(resolveConfiguration({ config }, {})).rejects.toThrow(/top level.*node[\s\S]*port: must be integer/)
  })
})

describe('nodeConfiguration', () => {
  test('a node that joins runs in Docker, plugged in by it', () => {
    const found = nodeConfiguration('/node', { 'max-pods': '5' })
    expect(found).toMatchObject({ dataDir: '/node', runtime: 'docker', nodes: 1, kubelet: { 'max-pods': '5' } })
    expect(found.cniConfDir).toBeUndefined()
  })

  test('plugins may plug in its pods, be they processes', () => {
    const flags = { runtime: 'process', 'cni-conf-dir': 'net.d', 'cni-bin-dir': '/bin' }
    expect(nodeConfiguration('/node', flags)).toMatchObject({
      runtime: 'process',
      cniConfDir: resolve('net.d'),
      cniBinDir: '/bin',
    })
  })

  test.each([
    [{ runtime: 'sim' }, /^--runtime must be one of docker, process, not "sim"/],
    [{ runtime: 'process' }, /CNI plugins plug them in \(--cni-conf-dir\)/],
    [{ 'cni-conf-dir': '' }, /must name a place/],
  ])('%j is refused', (flags, message) => {
    expect(() => nodeConfiguration('/node', flags)).toThrow(message)
  })
})

describe('parseFlags', () => {
  test('reads values and switches', () => {
    expect(parseFlags(['--port', '7', '--rm', '-v', '4'], upFlags)).toEqual({ port: '7', rm: true, verbosity: '4' })
  })
  test('refuses what it does not know', () => {
    expect(() => parseFlags(['--prot', '7'], upFlags)).toThrow("Unknown option '--prot'")
  })
})
