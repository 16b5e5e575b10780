import { describe, expect, test } from '@jest/globals'
import type { ContainerInspectInfo } from 'dockerode'
import { pauseProgram } from '../pause-program.js'
import type { ContainerConfig, SandboxConfig } from '../types.js'
import { grantable } from './capabilities.js'
import { type CreateContext, containerBody, sandboxBody } from './create-body.js'
import { demultiplex } from './demultiplex.js'
import { toRuntimeError } from './errors.js'
import { toRuntimeEvent } from './events.js'
import { statusOf } from './inspect.js'
import { sinceParameter } from './logs.js'

const pod = { namespace: 'shop', name: 'web', uid: 'u-1' }
const context: CreateContext = {
  owner: { cluster: 'dev', node: 'n1' },
  pauseImage: 'minik8s/pause:1',
  network: 'minik8s-dev',
  mayLowerOomScore: true,
}
const sandbox: SandboxConfig = {
  pod,
  attempt: 0,
  hostname: 'web',
  namespaces: { network: 'pod', ipc: 'pod', pid: 'container' },
  portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }],
  sysctls: { 'net.core.somaxconn': '512' },
  mounts: [],
}
const config: ContainerConfig = {
  name: 'app',
  attempt: 3,
  hash: 'h',
  image: 'app',
  imageId: 'sha256:1',
  imageRef: 'app@sha256:2',
  command: [],
  args: ['serve'],
  env: [{ name: 'A', value: 'b=c' }],
  mounts: [{ containerPath: '/data', source: { hostPath: '/srv' }, readOnly: true, propagation: 'rslave' }],
  stdin: false,
  stdinOnce: false,
  tty: false,
  namespaces: { network: 'pod', ipc: 'pod', pid: 'pod' },
  resources: { cpuShares: 512, cpuQuota: 50_000, memoryLimitBytes: 64 << 20, oomScoreAdj: -997 },
  security: {
    user: '1000:3000',
    supplementalGroups: [2000],
    privileged: false,
    readOnlyRootFilesystem: true,
    noNewPrivileges: true,
    addCapabilities: ['NET_ADMIN'],
    dropCapabilities: ['ALL'],
    seccomp: 'unconfined',
    unmaskedProc: false,
  },
  annotations: { note: 'x' },
}

describe('sandboxBody', () => {
  test('makes a pause container on the network of the cluster', () => {
    expect(sandboxBody(sandbox, context)).toMatchObject({
      name: 'minik8s-dev_k8s_POD_web_shop_u-1_0',
      Hostname: 'web',
      ExposedPorts: { '80/tcp': {} },
      Labels: {
        'io.minik8s.cluster': 'dev',
        'io.minik8s.node': 'n1',
        'io.minik8s.pod.uid': 'u-1',
        'io.minik8s.type': 'sandbox',
      },
      HostConfig: {
        NetworkMode: 'minik8s-dev',
        IpcMode: 'shareable',
        OomScoreAdj: -998,
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
      },
    })
  })

  test('uses the host where the pod asks for it', () => {
    const body = sandboxBody({ ...sandbox, namespaces: { network: 'node', ipc: 'node', pid: 'node' } }, context)
    expect(body.HostConfig).toMatchObject({ NetworkMode: 'host', IpcMode: 'host', PidMode: 'host' })
    expect(body.HostConfig).not.toHaveProperty('PortBindings')
  })

  test('lowers no score where the daemon may not', () => {
    expect(sandboxBody(sandbox, { ...context, mayLowerOomScore: false }).HostConfig?.OomScoreAdj).toBe(0)
  })
})

describe('containerBody', () => {
  test('joins the sandbox, with limits and rights', () => {
    const body = containerBody(pod, 'box', config, context)
    expect(body).toMatchObject({
      name: 'minik8s-dev_k8s_app_web_shop_u-1_3',
      Image: 'sha256:1',
      Cmd: ['serve'],
      Env: ['A=b=c'],
      User: '1000:3000',
      Labels: {
        'io.minik8s.container': 'app',
        'io.minik8s.attempt': '3',
        'io.minik8s.hash': 'h',
        'io.minik8s.annotation.note': 'x',
      },
      HostConfig: {
        NetworkMode: 'container:box',
        IpcMode: 'container:box',
        PidMode: 'container:box',
        CpuShares: 512,
        CpuQuota: 50_000,
        Memory: 64 << 20,
        MemorySwap: 64 << 20,
        ReadonlyRootfs: true,
        CapAdd: ['NET_ADMIN'],
        CapDrop: ['ALL'],
        GroupAdd: ['2000'],
        SecurityOpt: ['seccomp=unconfined', 'no-new-privileges'],
        Mounts: [
          { Target: '/data', Source: '/srv', Type: 'bind', ReadOnly: true, BindOptions: { Propagation: 'rslave' } },
        ],
      },
    })
    expect(body).not.toHaveProperty('Entrypoint')
  })

  test('raises a memory limit to the least that Docker takes', () => {
    const resources = { ...config.resources, memoryLimitBytes: 1000 }
    expect(containerBody(pod, 'box', { ...config, resources }, context).HostConfig?.Memory).toBe(6 << 20)
  })
})

describe('a machine that withholds capabilities', () => {
  const security = { ...config.security, addCapabilities: ['ALL'], dropCapabilities: [] }
  const bodyOf = (over: object) =>
    containerBody(
      pod,
      'box',
      { ...config, security: { ...security, ...over } },
      { ...context, grantable: ['CHOWN', 'KILL'] },
    ).HostConfig

  test('is told by the bounding set', () => {
    expect(grantable('000001ffffffffff', 40)).toBeUndefined()
    expect(grantable('000001fffeffffff', 40)).not.toContain('SYS_RESOURCE')
    expect(grantable('0000000000000021', 5)).toEqual(['CHOWN', 'KILL'])
  })

  test('gives what it has for ALL, and for privileged', () => {
    expect(bodyOf({})?.CapAdd).toEqual(['CHOWN', 'KILL'])
    expect(bodyOf({ addCapabilities: ['SYS_RESOURCE', 'KILL'] })?.CapAdd).toEqual(['KILL'])
    expect(bodyOf({ privileged: true })).toMatchObject({
      Privileged: false,
      CapAdd: ['CHOWN', 'KILL'],
      DeviceCgroupRules: ['a *:* rwm'],
    })
  })

  test('is none as a rule', () => {
    const privileged = { ...config, security: { ...config.security, privileged: true } }
    expect(containerBody(pod, 'box', privileged, context).HostConfig).toMatchObject({ Privileged: true })
  })
})

describe('statusOf', () => {
  const inspect = (State: object) =>
    statusOf({
      Id: 'c1',
      Created: '2026-01-02T03:04:05Z',
      Image: 'sha256:1',
      Config: { Labels: containerBody(pod, 'box', config, context).Labels, Image: 'app' },
      State: { StartedAt: '2026-01-02T03:04:06Z', FinishedAt: '0001-01-01T00:00:00Z', Error: '', ...State },
      NetworkSettings: { Networks: {} },
    } as unknown as ContainerInspectInfo)

  test('reads back what the labels say', () => {
    expect(inspect({ Status: 'running' })).toMatchObject({
      id: 'c1',
      type: 'container',
      pod,
      name: 'app',
      attempt: 3,
      hash: 'h',
      sandboxId: 'box',
      state: 'running',
      image: 'app',
      imageRef: 'app@sha256:2',
      annotations: { note: 'x' },
      startedAt: Date.parse('2026-01-02T03:04:06Z'),
    })
  })

  test.each([
    [
      { Status: 'exited', ExitCode: 0, OOMKilled: false },
      { exitCode: 0, reason: 'Completed' },
    ],
    [
      { Status: 'exited', ExitCode: 1, OOMKilled: false },
      { exitCode: 1, reason: 'Error' },
    ],
    [
      { Status: 'exited', ExitCode: 137, OOMKilled: true },
      { exitCode: 137, reason: 'OOMKilled' },
    ],
    [
      { Status: 'created', ExitCode: 127, Error: 'no such file' },
      { state: 'exited', exitCode: 128, reason: 'StartError', message: 'no such file' },
    ],
    [{ Status: 'created', ExitCode: 0 }, { state: 'created' }],
  ])('%j is %j', (state, expected) => {
    expect(inspect(state)).toMatchObject(expected)
  })
})

test('demultiplex finds the frames whatever the chunking', async () => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8)
    header[0] = stream
    header.writeUInt32BE(text.length, 4)
    return Buffer.concat([header, Buffer.from(text)])
  }
  const whole = Buffer.concat([frame(1, 'hello'), frame(2, 'bad'), frame(1, ''), frame(1, 'world')])
  for (const size of [1, 3, 8, 13, 1000]) {
    async function* chunks() {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
    }
    const seen = { stdout: '', stderr: '' }
    for await (const [stream, data] of demultiplex(chunks())) seen[stream] += data.toString()
    expect(seen).toEqual({ stdout: 'helloworld', stderr: 'bad' })
  }
})

test('sinceParameter keeps nanoseconds', () => {
  expect(sinceParameter({ sinceTime: '2026-01-02T03:04:05.123456789Z' }, 0)).toBe('1767323045.123456789')
  expect(sinceParameter({ sinceTime: '2026-01-02T03:04:05Z' }, 0)).toBe('1767323045.000000000')
  expect(sinceParameter({ sinceSeconds: 10 }, 1_767_323_045_500)).toBe('1767323035.500000000')
  expect(sinceParameter({}, 0)).toBeUndefined()
})

test.each([
  [{ statusCode: 404, json: { message: 'No such container: x' }, message: '' }, 'not-found'],
  [{ statusCode: 404, json: { message: 'No such image: x' }, message: '' }, 'image-missing'],
  [{ statusCode: 400, json: { message: 'OCI runtime create failed: x' }, message: '' }, 'cannot-run'],
  [{ statusCode: 409, json: { message: 'in use' }, message: '' }, 'conflict'],
  [{ code: 'ECONNREFUSED', message: 'connect' }, 'unavailable'],
  [{ statusCode: 500, message: '(HTTP code 500) server error - boom ' }, 'other'],
])('toRuntimeError of %j is %s', (error, kind) => {
  const failure = toRuntimeError(error)
  expect(failure.kind).toBe(kind)
  expect(failure.message).not.toContain('HTTP code')
})

test('toRuntimeEvent reads container and image events', () => {
  const Attributes = sandboxBody(sandbox, context).Labels as Record<string, string>
  const event = (Type: string, Action: string) => toRuntimeEvent({ Type, Action, Actor: { ID: 'c1', Attributes } })
  expect(event('container', 'die')).toEqual({ event: { type: 'died', id: 'c1', pod }, labels: Attributes })
  expect(event('container', 'attach')).toBeUndefined()
  expect(event('image', 'untag')).toEqual({ event: { type: 'image' } })
})

test.each(['x86_64', 'aarch64'])('pauseProgram for %s is a small static ELF', architecture => {
  const program = pauseProgram(architecture)!
  expect(program.subarray(0, 7)).toEqual(Buffer.from('\x7fELF\x02\x01\x01', 'latin1'))
  expect(program.length).toBeLessThan(300)
})

test('pauseProgram knows nothing of other machines', () => {
  expect(pauseProgram('riscv64')).toBeUndefined()
})
