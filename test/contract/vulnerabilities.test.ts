/** Known vulnerabilities of kube-apiserver and kubelet, a row each: what was possible there is not possible here. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, podBody, type ServerFixture } from '../../src/apiserver/testing/server-fixture.js'
import { exceededLimit } from '../../src/kubelet/eviction/local-storage.js'
import { SubPathMounts } from '../../src/kubelet/runtime/docker/sub-path-mounts.js'
import type { Launcher } from '../../src/kubelet/runtime/process/kernel/launcher.js'
import { runLauncher } from '../../src/kubelet/runtime/process/kernel/run-launcher.js'
import { newKubeletEndpoints } from '../../src/kubelet/server/kubelet-endpoints.js'
import { container, newPod } from '../../src/kubelet/testing/pods.js'
import { writeAtomically } from '../../src/kubelet/volumes/atomic-writer.js'
import { PodVolumes } from '../../src/kubelet/volumes/pod-volumes.js'
import { resolveSubPath } from '../../src/kubelet/volumes/sub-path.js'
import { silentLogger } from '../../src/telemetry/logger.js'

let server: ServerFixture
let directory = ''
beforeAll(async () => {
  server = await newServerFixture({ nodes: () => undefined })
  directory = await mkdtemp(join(tmpdir(), 'minik8s-vulnerabilities-'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const core = '/api/v1/namespaces/default'
const post = (path: string, body: object) => server.agent().post(path).send(body)
const asNode = (name: string) => ({ 'impersonate-user': `system:node:${name}`, 'impersonate-group': 'system:nodes' })

/** One of a kind of its own group. */
async function define(plural: string, scope: 'Namespaced' | 'Cluster'): Promise<void> {
  const kind = plural[0]!.toUpperCase() + plural.slice(1)
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope,
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }).expect(201)
}

const endpoints = () =>
  newKubeletEndpoints({ nodeName: 'n', pods: () => [], metrics: async () => '', configuration: () => ({}) } as never)
const askKubelet = (method: string, path: string) =>
  endpoints()({ method, path, query: new URLSearchParams(), signal: new AbortController().signal })

/** Name and what must hold; the test fails where it does not. */
const rows: [cve: string, claim: string, check: () => Promise<unknown>][] = [
  [
    'CVE-2017-1002101',
    'a link in a volume does not lead subPath out of it',
    async () => {
      const volume = join(directory, 'sub-path')
      await mkdir(volume)
      await symlink('/', join(volume, 'out'))
      const at = { volume: 'v', container: 'c' }
      await expect(resolveSubPath(volume, 'out/etc', at)).rejects.toThrow('failed to prepare subPath')
    },
  ],
  [
    'CVE-2017-1002102',
    'an update of a volume deletes nothing outside, whatever the container made of its links',
    async () => {
      const [volume, outside] = [join(directory, 'atomic'), join(directory, 'outside')]
      await Promise.all([mkdir(volume), mkdir(outside)])
      await writeFile(join(outside, 'kept'), 'precious')
      const files = (text: string) => new Map([['a', { data: Buffer.from(text), mode: 0o644 }]])
      await writeAtomically(volume, files('1'), { now: 0 })
      await rm(join(volume, '..data'))
      await symlink('../outside', join(volume, '..data'))
      await writeAtomically(volume, files('2'), { now: 1000 }).catch(() => {})
      expect(await readFile(join(outside, 'kept'), 'utf8')).toBe('precious')
    },
  ],
  [
    'CVE-2018-1002105',
    'an upgrade that a backend refuses leaves no open way to it',
    async () => {
      const heard: string[] = []
      const backend = createTcpServer(socket => {
        socket.on('error', () => {})
        socket.on('data', chunk => {
          heard.push(String(chunk))
          socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
        })
      })
      await new Promise<void>(resolve => backend.listen(0, '127.0.0.1', resolve))
      const { port } = backend.address() as { port: number }
      const { connect } = await import('node:net')
      const proxied = await newServerFixture({
        dial: async () => {
          const socket = connect(port, '127.0.0.1')
          await new Promise(resolve => socket.once('connect', resolve))
          return socket
        },
      })
      const { http, url } = await proxied.listen()
      try {
        await proxied.agent().post(`${core}/pods`).send(podBody('web')).expect(201)
        const status = { podIP: '192.0.2.9', podIPs: [{ ip: '192.0.2.9' }] }
        const patch = proxied
          .agent()
          .patch(`${core}/pods/web/status`)
          .set('content-type', 'application/merge-patch+json')
        await patch.send({ status }).expect(200)
        const client = connect(Number(new URL(url).port), '127.0.0.1')
        const head = `GET ${core}/pods/web/proxy/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${proxied.adminToken}\r\nConnection: Upgrade\r\nUpgrade: anything\r\n\r\n`
        client.write(head)
        const answer = await new Promise<string>(resolve => {
          let text = ''
          client.on('data', chunk => {
            text += chunk
            if (text.endsWith('no')) client.write('GET /secret HTTP/1.1\r\nHost: h\r\n\r\n')
          })
          client.once('close', () => resolve(text))
        })
        expect(answer).toMatch(/^HTTP\/1.1 403 /)
        expect(heard.join('')).not.toContain('/secret')
      } finally {
        http.close()
        backend.close()
        await proxied[Symbol.asyncDispose]()
      }
    },
  ],
  [
    'CVE-2019-1002100',
    'a JSON patch of very many operations is refused',
    async () => {
      await post(`${core}/configmaps`, { metadata: { name: 'patched' } }).expect(201)
      const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }))
      const patch = server
        .agent()
        .patch(`${core}/configmaps/patched`)
        .set('content-type', 'application/json-patch+json')
      const { body } = await patch.send(operations).expect(413)
      expect(body.message).toContain('The allowed maximum operations in a JSON patch is 10000')
    },
  ],
  [
    'CVE-2019-11247',
    'custom resources of the cluster cannot be had as if they were in a namespace',
    async () => {
      await define('wholes', 'Cluster')
      const paths = [
        '/apis/example.com/v1/namespaces/default/wholes',
        '/apis/example.com/v1/namespaces/default/wholes/x',
      ]
      for (const path of paths) await server.agent().get(path).expect(404)
    },
  ],
  [
    'CVE-2019-11248',
    'the health port of the kubelet offers no profiles',
    async () => {
      for (const path of ['/debug/pprof/', '/debug/pprof/heap', '/debug/flags/v', '/logs/', '/logs/../etc/passwd'])
        expect(await askKubelet('GET', path)).toMatchObject({ code: 404 })
    },
  ],
  [
    'CVE-2019-11253',
    'aliases that multiply in YAML are refused before they do',
    async () => {
      const levels = Array.from(
        { length: 12 },
        (_, i) => `x${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`).join(', ')}]`,
      )
      const bomb = ['x0: &x0 [a, a, a, a, a, a, a, a, a]', ...levels].map(line => `  ${line}`).join('\n')
      const yaml = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n${bomb}\n`
      const answer = await server.agent().post(`${core}/configmaps`).set('content-type', 'application/yaml').send(yaml)
      expect([400, 413, 422]).toContain(answer.status)
    },
  ],
  [
    'CVE-2019-11254',
    'YAML that is dear to read is answered in time',
    async () => {
      const started = performance.now()
      const yaml = `${'- '.repeat(50_000)}x`
      const answer = await server.agent().post(`${core}/configmaps`).set('content-type', 'application/yaml').send(yaml)
      expect(answer.status).toBe(400)
      expect(performance.now() - started).toBeLessThan(10_000)
    },
  ],
  [
    'CVE-2020-8557',
    'what a container writes to its hosts file counts as storage of its pod',
    async () => {
      const limits = { 'ephemeral-storage': '10Mi' }
      const pod = newPod({ containers: [container('app', { resources: { limits } })] })
      const use = { volumes: new Map(), containers: new Map(), hostsFile: 11 * 2 ** 20 }
      expect(exceededLimit(pod, use)).toMatch(/exceeds the total limit of containers 10Mi/)
    },
  ],
  [
    'CVE-2020-8562',
    'pods that claim an address of the server itself are not proxied to',
    async () => {
      for (const [index, ip] of ['127.0.0.1', '169.254.169.254', '::1'].entries()) {
        const name = `claims-${index}`
        await post(`${core}/pods`, podBody(name)).expect(201)
        const patch = server
          .agent()
          .patch(`${core}/pods/${name}/status`)
          .set('content-type', 'application/merge-patch+json')
        await patch.send({ status: { podIP: ip, podIPs: [{ ip }] } })
        await server
          .agent()
          .get(`${core}/pods/${name}/proxy/`)
          .expect(({ status }) => expect([400, 404]).toContain(status))
      }
    },
  ],
  [
    'CVE-2021-25737',
    'endpoint slices may not lead to loopback or link-local addresses',
    async () => {
      for (const address of ['127.0.0.1', '169.254.169.254']) {
        const slice = { metadata: { name: 'evil' }, addressType: 'IPv4', endpoints: [{ addresses: [address] }] }
        await post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice).expect(422)
      }
    },
  ],
  [
    'CVE-2021-25740',
    'who may edit a namespace may not write its endpoints',
    async () => {
      const { body } = await server
        .agent()
        .get('/apis/rbac.authorization.k8s.io/v1/clusterroles/system:aggregate-to-edit')
      const rules = body.rules as { resources: string[]; verbs: string[] }[]
      const writable = rules.filter(({ verbs }) => verbs.includes('update')).flatMap(({ resources }) => resources)
      expect(writable).not.toEqual(expect.arrayContaining([expect.stringMatching(/^endpoint/)]))
    },
  ],
  [
    'CVE-2021-25741',
    'nor does a link that came after the path of a subPath was looked at',
    async () => {
      const [volume, outside] = [join(directory, 'raced'), join(directory, 'raced-outside')]
      await Promise.all([mkdir(join(volume, 'inner'), { recursive: true }), mkdir(outside)])
      const at = { volume: 'v', container: 'c' }
      const sources = [await resolveSubPath(volume, 'inner', at), await resolveSubPath(volume, 'inner/new', at)]
      await rm(join(volume, 'inner'), { recursive: true })
      await symlink(outside, join(volume, 'inner'))
      const run = (launcher: Launcher) => runLauncher(launcher, directory)
      const mounts = new SubPathMounts({ run, isSeen: async () => true, log: silentLogger })
      for (const source of sources)
        await expect(mounts.pin([{ containerPath: '/x', source, readOnly: false }])).rejects.toThrow()
      expect(await readdir(outside)).toEqual([])
    },
  ],
  [
    'CVE-2022-3162',
    'a list shows no other kind whose name begins alike',
    async () => {
      await define('gadget', 'Namespaced')
      await define('gadgets', 'Namespaced')
      const path = '/apis/example.com/v1/namespaces/default'
      await post(`${path}/gadgets`, { apiVersion: 'example.com/v1', kind: 'Gadgets', metadata: { name: 'g' } }).expect(
        201,
      )
      const { body } = await server.agent().get(`${path}/gadget`).expect(200)
      expect(body.items).toEqual([])
      await server
        .agent()
        .get(`${path}/gadget/..%2Fgadgets`)
        .expect(({ status }) => expect(status).toBeGreaterThanOrEqual(400))
    },
  ],
  [
    'CVE-2022-3294',
    'nodes that claim an address of the server itself are not proxied to',
    async () => {
      await post('/api/v1/nodes', { metadata: { name: 'liar' } }).expect(201)
      const patch = server
        .agent()
        .patch('/api/v1/nodes/liar/status')
        .set('content-type', 'application/merge-patch+json')
      await patch.send({ status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } }).expect(200)
      const { body } = await server.agent().get('/api/v1/nodes/liar:6443/proxy/').expect(400)
      expect(body.message).toContain('address not allowed')
    },
  ],
  [
    'CVE-2023-2431',
    'a seccomp profile without its name is refused, not left out',
    async () => {
      const seccompProfile = { type: 'Localhost' }
      const pod = podBody('no-profile', { securityContext: { seccompProfile } })
      await post(`${core}/pods`, pod).expect(422)
    },
  ],
  ...['containers', 'initContainers'].map((list): [string, string, () => Promise<unknown>] => [
    'CVE-2024-3177',
    `secrets that an account may not mount do not come by envFrom of ${list}`,
    async () => {
      await limitedAccount()
      const own = { name: 'main', image: 'i' }
      const stealing = { ...own, name: 'thief', envFrom: [{ secretRef: { name: 'precious' } }] }
      const spec = { serviceAccountName: 'limited', containers: [own], [list]: [stealing] }
      const { body } = await post(`${core}/pods`, podBody('thief', spec)).expect(403)
      expect(body.message).toContain('service account limited does not reference that secret')
    },
  ]),
  [
    'CVE-2023-2728',
    'nor by ephemeral containers',
    async () => {
      await limitedAccount()
      await post(`${core}/pods`, podBody('debugged', { serviceAccountName: 'limited' })).expect(201)
      const stealing = { name: 'thief', image: 'i', envFrom: [{ secretRef: { name: 'precious' } }] }
      const patch = server
        .agent()
        .patch(`${core}/pods/debugged/ephemeralcontainers`)
        .set('content-type', 'application/strategic-merge-patch+json')
      await patch.send({ spec: { ephemeralContainers: [stealing] } }).expect(403)
    },
  ],
  [
    'CVE-2024-10220',
    'a volume that would clone a repository is refused',
    async () => {
      const volumes = new PodVolumes({ directory: join(directory, 'volumes') } as never)
      const pod = newPod({ volumes: [{ name: 'code', gitRepo: { repository: 'https://example.com/x' } }] })
      await expect(volumes.mount(pod)).rejects.toThrow('MountVolume.SetUp failed for volume "code"')
    },
  ],
  [
    'CVE-2025-0426',
    'the kubelet fills no disk with checkpoints that anybody asks for',
    async () => {
      expect(await askKubelet('POST', '/checkpoint/default/p/c')).toMatchObject({ code: 404 })
    },
  ],
  [
    'CVE-2025-4563',
    'nodes make no mirror pods that take devices',
    async () => {
      await post('/api/v1/nodes', { metadata: { name: 'n1' } })
      const resourceClaims = [{ name: 'gpu', resourceClaimName: 'claimed' }]
      const metadata = { name: 'mirror', annotations: { 'kubernetes.io/config.mirror': 'x' } }
      const pod = { ...podBody('mirror', { nodeName: 'n1', resourceClaims }), metadata }
      await post(`${core}/pods`, pod)
        .set(asNode('n1'))
        .expect(({ status }) => expect([403, 422]).toContain(status))
    },
  ],
  [
    'CVE-2025-5187',
    'nodes do not change their owners, and so cannot have themselves deleted',
    async () => {
      await post('/api/v1/nodes', { metadata: { name: 'n2' } })
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' }]
      const patch = server.agent().patch('/api/v1/nodes/n2').set('content-type', 'application/merge-patch+json')
      await patch.set(asNode('n2')).send({ metadata: { ownerReferences } }).expect(403)
    },
  ],
]

/** An account that may mount no secret but its own. */
async function limitedAccount(): Promise<void> {
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' }
  await post(`${core}/serviceaccounts`, { metadata: { name: 'limited', annotations } })
}

describe('a vulnerability of upstream', () => {
  test.each(rows)('%s: %s', async (_cve, _claim, check) => {
    await check()
  })
})
