/** The suite that every container runtime must pass. */
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isRuntimeError, type Runtime } from '../../src/kubelet/runtime/runtime.js'
import type { ContainerConfig, ContainerStatus, PodRef, SandboxConfig } from '../../src/kubelet/runtime/types.js'

/** What a runtime brings to the suite. Every command of it is run by the image's `/bin/sh`. */
export interface RuntimeUnderTest {
  runtime: Runtime
  /** An image with a shell. */
  image: string
  /** False for a runtime that runs no processes: output and networks are not looked at then. */
  real: boolean
  close(): Promise<void>
}

let pods = 0
const newPod = (): PodRef => ({ namespace: 'contract', name: `pod-${++pods}`, uid: `uid-${process.pid}-${pods}` })

const sandboxConfig = (pod: PodRef): SandboxConfig => ({
  pod,
  attempt: 0,
  hostname: pod.name,
  namespaces: { network: 'pod', ipc: 'pod', pid: 'container' },
  portMappings: [],
  sysctls: {},
  mounts: [],
})

function containerConfig(image: { id: string; name: string }, script: string, over: Partial<ContainerConfig> = {}) {
  const config: ContainerConfig = {
    name: 'main',
    attempt: 0,
    hash: 'abc',
    image: image.name,
    imageId: image.id,
    imageRef: image.id,
    command: ['/bin/sh', '-c', script],
    args: [],
    env: [{ name: 'GREETING', value: 'hello = world' }],
    mounts: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    namespaces: { network: 'pod', ipc: 'pod', pid: 'container' },
    resources: { cpuShares: 2, oomScoreAdj: 1000 },
    security: {
      supplementalGroups: [],
      privileged: false,
      readOnlyRootFilesystem: false,
      noNewPrivileges: false,
      addCapabilities: [],
      dropCapabilities: [],
      seccomp: 'unconfined',
      unmaskedProc: false,
    },
    annotations: { note: 'kept' },
    ...over,
  }
  return config
}

/** Declares the suite for one runtime. */
export function describeRuntime(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`${name} runtime`, () => {
    let under: RuntimeUnderTest
    let runtime: Runtime
    let image: { id: string; name: string }

    beforeAll(async () => {
      under = await open()
      runtime = under.runtime
      const status = await runtime.imageStatus(under.image)
      image = { id: status!.id, name: under.image }
    })
    afterAll(() => under?.close(), 120_000)

    const runSandbox = async () => {
      const { id, ready } = await runtime.runSandbox(sandboxConfig(newPod()))
      return { id, status: await ready }
    }

    const run = async (script: string, over: Partial<ContainerConfig> = {}) => {
      const sandbox = await runSandbox()
      const id = await runtime.createContainer(sandbox.id, containerConfig(image, script, over))
      await runtime.startContainer(id)
      return { sandbox, id }
    }

    const untilExit = async (id: string): Promise<ContainerStatus> => {
      for (;;) {
        const status = await runtime.status(id)
        if (status?.state === 'exited') return status
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }

    test('runs a sandbox with an address and lists it', async () => {
      const { id, status } = await runSandbox()
      expect(status).toMatchObject({ id, type: 'sandbox', state: 'running', sandboxId: id, name: '' })
      expect(status.ips[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
      expect((await runtime.list()).map(s => s.id)).toContain(id)
    })

    test('says undefined of what does not exist', async () => {
      expect(await runtime.status('0'.repeat(64))).toBeUndefined()
      expect(await runtime.imageStatus('minik8s-test/no-such-image:1')).toBeUndefined()
    })

    test('creates a container while its sandbox still starts, and starts it after', async () => {
      const { id: sandboxId, ready } = await runtime.runSandbox(sandboxConfig(newPod()))
      const id = await runtime.createContainer(sandboxId, containerConfig(image, 'sleep 1000'))
      expect(await runtime.status(id)).toMatchObject({ state: 'created', attempt: 0, hash: 'abc' })
      await ready
      await runtime.startContainer(id)
      const status = await runtime.status(id)
      expect(status).toMatchObject({ type: 'container', state: 'running', name: 'main', sandboxId })
      expect(status).toMatchObject({ image: image.name, imageRef: image.id, annotations: { note: 'kept' } })
      expect(status!.startedAt).toBeGreaterThan(0)
    })

    test('replaces a container that was created under the same name and never ran', async () => {
      const { id: sandboxId } = await runSandbox()
      const first = await runtime.createContainer(sandboxId, containerConfig(image, 'sleep 1000'))
      const second = await runtime.createContainer(sandboxId, containerConfig(image, 'sleep 1000'))
      expect(await runtime.status(first)).toBeUndefined()
      await runtime.startContainer(second)
      const third = runtime.createContainer(sandboxId, containerConfig(image, 'sleep 1000'))
      await expect(third).rejects.toThrow()
    })

    test('stops a container, keeps its record, and removes it; each safely twice', async () => {
      const { id } = await run('sleep 1000')
      await runtime.stopContainer(id, 0)
      await runtime.stopContainer(id, 0)
      expect(await runtime.status(id)).toMatchObject({ state: 'exited', exitCode: 137, reason: 'Error' })
      await runtime.removeContainer(id)
      await runtime.removeContainer(id)
      expect(await runtime.status(id)).toBeUndefined()
    })

    test('stops a sandbox, keeps its record, and removes it; each safely twice', async () => {
      const { sandbox } = await run('sleep 1000')
      await runtime.stopSandbox(sandbox.id)
      await runtime.stopSandbox(sandbox.id)
      expect(await runtime.status(sandbox.id)).toMatchObject({ state: 'exited' })
      await runtime.removeSandbox(sandbox.id)
      await runtime.removeSandbox(sandbox.id)
      expect(await runtime.status(sandbox.id)).toBeUndefined()
    })

    test('tells of starts, deaths and removals', async () => {
      if (!runtime.events) return
      const stop = new AbortController()
      const seen: string[] = []
      const events = runtime.events(stop.signal)
      const listening = (async () => {
        for await (const event of events) if ('id' in event) seen.push(`${event.type} ${event.id}`)
      })()
      const { id } = await run('sleep 1000')
      await runtime.stopContainer(id, 0)
      await runtime.removeContainer(id)
      for (let i = 0; i < 100 && !seen.includes(`removed ${id}`); i++) await new Promise(r => setTimeout(r, 20))
      stop.abort()
      await listening
      expect(seen.filter(event => event.endsWith(id))).toEqual([`started ${id}`, `died ${id}`, `removed ${id}`])
    })

    test('reports usage', async () => {
      const { id } = await run('sleep 1000')
      const stats = await runtime.stats(id)
      expect(stats.cpuUsageNanoseconds).toBeGreaterThanOrEqual(0)
      expect(stats.memoryWorkingSetBytes).toBeLessThanOrEqual(stats.memoryUsageBytes)
    })

    const realTest = (title: string, body: () => Promise<void>) =>
      test(title, async () => {
        if (under.real) await body()
      })

    realTest('reports exit codes and output, both streams and by one', async () => {
      const { id } = await run('echo out; echo "$GREETING" >&2; exit 3')
      expect(await untilExit(id)).toMatchObject({ exitCode: 3, reason: 'Error' })
      const { signal } = new AbortController()
      expect((await text(await runtime.logs(id, {}, signal))).split('\n').sort()).toEqual(['', 'hello = world', 'out'])
      expect(await text(await runtime.logs(id, { stream: 'Stderr' }, signal))).toBe('hello = world\n')
    })

    realTest('reads logs by tail, with timestamps, and since', async () => {
      const { id } = await run('echo one; echo two; sleep 1.2; echo three')
      await untilExit(id)
      const { signal } = new AbortController()
      expect(await text(await runtime.logs(id, { tailLines: 2 }, signal))).toBe('two\nthree\n')
      const stamped = await text(await runtime.logs(id, { timestamps: true, tailLines: 1 }, signal))
      expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n$/)
      const sinceTime = new Date(Date.parse(stamped.slice(0, 30)) - 500).toISOString()
      expect(await text(await runtime.logs(id, { sinceTime }, signal))).toBe('three\n')
    })

    realTest('follows logs until the container ends', async () => {
      const { id } = await run('echo one; sleep 0.3; echo two')
      const log = await runtime.logs(id, { follow: true }, new AbortController().signal)
      expect(await text(log)).toBe('one\ntwo\n')
    })

    realTest('says why a command cannot be started', async () => {
      const { id: sandboxId } = await runSandbox()
      const config = containerConfig(image, '', { command: ['/no/such/command'] })
      const id = await runtime.createContainer(sandboxId, config)
      const error = await runtime.startContainer(id).catch(e => e)
      expect(isRuntimeError(error, 'cannot-run')).toBe(true)
      expect(error.message).toContain('/no/such/command')
      expect(await runtime.status(id)).toMatchObject({ state: 'exited', reason: 'StartError', exitCode: 128 })
    })

    realTest('gives the stop signal its grace', async () => {
      const { id } = await run('trap "exit 7" TERM; touch /ready; while :; do sleep 0.05; done')
      await runtime.execSync(id, ['sh', '-c', 'until [ -e /ready ]; do sleep 0.05; done'], 10_000)
      await runtime.stopContainer(id, 10)
      expect(await runtime.status(id)).toMatchObject({ exitCode: 7 })
    })

    realTest('executes with separate streams, input and exit code', async () => {
      const { id } = await run('sleep 1000')
      const stdin = new PassThrough()
      const stdout = new PassThrough()
      const stderr = new PassThrough()
      const { signal } = new AbortController()
      const done = runtime.exec(id, ['sh', '-c', 'cat; echo bad >&2; exit 5'], {
        stdin,
        stdout,
        stderr,
        tty: false,
        signal,
      })
      stdin.end('from stdin\n')
      expect(await done).toBe(5)
      expect([stdout.read()?.toString(), stderr.read()?.toString()]).toEqual(['from stdin\n', 'bad\n'])
    })

    realTest('executes with a terminal of the wanted size', async () => {
      const { id } = await run('sleep 1000')
      const stdin = new PassThrough()
      const stdout = new PassThrough()
      async function* resize() {
        yield { width: 99, height: 33 }
      }
      const { signal } = new AbortController()
      const script = 'sleep 0.3; stty size; exit 0'
      const code = await runtime.exec(id, ['sh', '-c', script], { stdin, stdout, tty: true, signal, resize: resize() })
      expect([code, stdout.read()?.toString()]).toEqual([0, '33 99\r\n'])
    })

    realTest('executes without streams, and kills what outlives its time', async () => {
      const { id } = await run('sleep 1000')
      expect(await runtime.execSync(id, ['sh', '-c', 'echo hi; exit 2'], 5000)).toEqual({ exitCode: 2, output: 'hi\n' })
      const late = await runtime.execSync(id, ['sleep', '100'], 200).catch(e => e)
      expect(isRuntimeError(late, 'timeout')).toBe(true)
    })

    realTest('attaches to the main process', async () => {
      const { id } = await run('read line; echo "got $line"; exit 4', { stdin: true, stdinOnce: true })
      const stdin = new PassThrough()
      const stdout = new PassThrough()
      const { signal } = new AbortController()
      const done = runtime.attach(id, { stdin, stdout, tty: false, signal })
      stdin.end('a word\n')
      expect([await done, stdout.read()?.toString()]).toEqual([4, 'got a word\n'])
    })

    realTest('forwards a port, also of a server that listens on loopback only', async () => {
      for (const address of ['0.0.0.0', '127.0.0.1']) {
        const { id, sandbox } = await run(`echo pong > /tmp/index.html; httpd -f -p ${address}:7777 -h /tmp`)
        await runtime.execSync(id, ['sh', '-c', 'until netstat -ltn | grep -q :7777; do sleep 0.05; done'], 10_000)
        const readable = new PassThrough()
        const writable = new PassThrough()
        const { signal } = new AbortController()
        const done = runtime.portForward(sandbox.id, 7777, { readable, writable, signal })
        readable.end('GET / HTTP/1.0\r\n\r\n')
        expect(await text(writable)).toMatch(/\r\n\r\npong\n$/)
        await done
      }
    })

    realTest(
      'mounts what is below a volume, made if need be, but follows no link that a container put there',
      async () => {
        const [volume, outside] = [await mkdtemp(join(tmpdir(), 'volume-')), await mkdtemp(join(tmpdir(), 'outside-'))]
        await chmod(volume, 0o2777)
        await writeFile(join(volume, 'file'), 'text\n')
        const mount = (below: string, containerPath: string) => ({
          source: { hostPath: volume, below },
          containerPath,
          readOnly: false,
        })
        const mounts = [mount('a/b', '/a'), mount('file', '/file'), mount('', '/all')]
        const { id } = await run('cat /file; echo made > /a/it; cat /all/a/b/it; stat -c %a /a', { mounts })
        await untilExit(id)
        expect(await text(await runtime.logs(id, {}, new AbortController().signal))).toBe('text\nmade\n2777\n')
        await symlink(outside, join(volume, 'link'))
        for (const below of ['link', 'link/x', 'link/x/y'])
          await expect(run('touch /out/here', { mounts: [mount(below, '/out')] })).rejects.toThrow(/ELOOP|EXDEV/)
        expect(await readdir(outside)).toEqual([])
        for (const path of [volume, outside]) await rm(path, { recursive: true })
        expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(' /run/minik8s-')
      },
    )

    realTest('shares memory between the containers of a pod', async () => {
      const pod = newPod()
      await runtime.ensureMemoryVolume(pod, 'scratch', { sizeBytes: 1 << 20, mode: 0o1777 })
      const mounts = [{ containerPath: '/scratch', source: { memory: 'scratch' }, readOnly: false }]
      const { id: sandboxId, ready } = await runtime.runSandbox({ ...sandboxConfig(pod), mounts })
      await ready
      const writer = await runtime.createContainer(
        sandboxId,
        containerConfig(image, 'echo shared > /scratch/file', { name: 'writer', mounts }),
      )
      await runtime.startContainer(writer)
      await untilExit(writer)
      const script = 'cat /scratch/file; grep -c "/scratch tmpfs" /proc/mounts'
      const reader = await runtime.createContainer(
        sandboxId,
        containerConfig(image, script, { name: 'reader', mounts }),
      )
      await runtime.startContainer(reader)
      await untilExit(reader)
      expect(await text(await runtime.logs(reader, {}, new AbortController().signal))).toBe('shared\n1\n')
      for (const id of [writer, reader, sandboxId]) await runtime.removeContainer(id)
      await runtime.removeMemoryVolumes(pod)
    })
  })
}
