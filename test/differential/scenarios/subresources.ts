/** Subresources: status and scale of any kind, and those that only pods, namespaces, service accounts and requests have. */
import { changedAnswer, pickChange } from '../mutations.js'
import type { Json, Template } from '../templates/template.js'
import { queryOf, validationOf } from './options.js'
import { createObject, itemPath, request, type Scenario, type Stage, validObject } from './stage.js'

const mergeType = { 'content-type': 'application/merge-patch+json' }
const is = (kind: string) => (template: Template) => template.kind === kind

function statusPatch(stage: Stage, object: Json): unknown {
  const { random, template } = stage
  const known = template.changes.filter(change => 'status' in change)
  if (known.length && random.chance(0.4)) return random.pick(known)
  for (let tries = 0; tries < 60; tries++) {
    const { place, value } = pickChange(object, template, stage)
    if (place?.[0] === 'status' && place.length > 1)
      return place
        .filter(key => typeof key === 'string')
        .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value ?? null)
  }
  return { status: {}, metadata: { labels: { a: 'b' } }, spec: {} }
}

const status: Scenario = {
  name: 'status',
  weight: 2,
  suits: template => template.subresources.length > 0,
  play(stage) {
    const { random, template } = stage
    const object = { ...validObject(stage, 0), status: {} }
    createObject(stage, 0, object)
    for (let i = 0; i < 8; i++) {
      const name = random.pick(template.subresources)
      const path = itemPath(stage, 0, `/${name}`)
      const current = request(stage, `get/${name}`, path)
      if (random.chance(0.5)) {
        const body = { json: statusPatch(stage, object) }
        request(stage, `patch/${name}`, `${path}${validationOf(random)}`, { body, headers: mergeType })
      } else {
        const change = pickChange(object, template, stage)
        const body = changedAnswer(current, [change])
        request(stage, `update/${name}`, `${path}${queryOf('writing', random, 1)}`, { note: change.note, body })
      }
    }
    request(stage, 'get', itemPath(stage, 0))
  },
}

const scales: readonly Json[] = [
  { spec: { replicas: 3 } },
  { spec: { replicas: -1 } },
  { spec: { replicas: 'x' } },
  { spec: {} },
  { metadata: { name: 'other' } },
  { metadata: { resourceVersion: '1' } },
  { metadata: { uid: 'x' } },
  { kind: 'Odd' },
  { apiVersion: 'extensions/v1beta1' },
  { status: { replicas: 7 } },
  { spec: { replicas: 2, unknown: 1 } },
]

const scale: Scenario = {
  name: 'scale',
  weight: 1.5,
  suits: template => template.subresources.includes('scale'),
  play(stage) {
    const { random } = stage
    createObject(stage, 0)
    const path = itemPath(stage, 0, '/scale')
    const current = request(stage, 'get/scale', path)
    for (let i = 0; i < 5; i++) {
      const json = random.pick(scales)
      request(stage, 'patch/scale', `${path}${validationOf(random)}`, { body: { json }, headers: mergeType })
      const [[key, value]] = Object.entries(random.pick(scales)) as [[string, unknown]]
      request(stage, 'update/scale', path, {
        body: {
          from: current,
          set: [
            [[key], value],
            [['metadata', 'resourceVersion'], null],
          ],
        },
      })
    }
    request(stage, 'get', itemPath(stage, 0))
  },
}

const podActions: Scenario = {
  name: 'pod actions',
  weight: 6,
  suits: is('Pod'),
  play(stage) {
    const { random } = stage
    createObject(stage, 0, validObject(stage, 0, 0))
    const post = (name: string, json: unknown, query = '') =>
      request(stage, `create/${name}`, itemPath(stage, 0, `/${name}${query}`), { body: { json } })
    const name = `${stage.namespace}-0`
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'd-node' } }
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
    const actions: (() => unknown)[] = [
      () => post('binding', binding),
      () => post('binding', { ...binding, target: {} }),
      () => post('binding', { ...binding, target: { kind: 'Pod', name: 'x' } }),
      () => post('binding', { ...binding, metadata: { name: 'other' } }),
      () => post('binding', binding, '?dryRun=All'),
      () => post('eviction', eviction, '?dryRun=All'),
      () => post('eviction', { ...eviction, metadata: { name: 'other' } }),
      () => post('eviction', { ...eviction, deleteOptions: { preconditions: { resourceVersion: '1' } } }),
      () => post('eviction', { ...eviction, apiVersion: 'policy/v1beta1' }),
      () => post('eviction', { ...eviction, deleteOptions: { dryRun: ['All'], gracePeriodSeconds: 1 } }),
      () => post('eviction', { kind: 'Pod', apiVersion: 'v1' }),
      () =>
        request(stage, 'patch/ephemeralcontainers', itemPath(stage, 0, '/ephemeralcontainers'), {
          body: { json: { spec: { ephemeralContainers: [{ name: random.pick(['dbg', 'main', 'A_']), image: 'b' }] } } },
          headers: { 'content-type': 'application/strategic-merge-patch+json' },
        }),
      () =>
        request(stage, 'patch/resize', itemPath(stage, 0, '/resize'), {
          body: {
            json: {
              spec: { containers: [{ name: 'main', resources: { requests: { cpu: random.pick(['1', 'x', '-1']) } } }] },
            },
          },
          headers: { 'content-type': 'application/strategic-merge-patch+json' },
        }),
      () =>
        request(
          stage,
          'get/log',
          itemPath(stage, 0, random.pick(['/log', '/log?container=x', '/log?tailLines=-1', '/log?sinceSeconds=x'])),
        ),
      () =>
        request(
          stage,
          'get/exec',
          itemPath(stage, 0, random.pick(['/exec?command=a', '/exec', '/exec?command=a&container=x&stdout=1'])),
        ),
      () => request(stage, 'get/attach', itemPath(stage, 0, '/attach')),
      () => request(stage, 'get/portforward', itemPath(stage, 0, '/portforward')),
      () => request(stage, 'get/proxy', itemPath(stage, 0, '/proxy/')),
    ]
    for (let i = 0; i < 9; i++) random.pick(actions)()
    request(stage, 'get', itemPath(stage, 0))
    request(stage, 'create/eviction', itemPath(stage, 0, '/eviction'), { body: { json: eviction } })
    request(stage, 'get', itemPath(stage, 0))
  },
}

const tokens: Scenario = {
  name: 'token',
  weight: 5,
  suits: is('ServiceAccount'),
  play(stage) {
    createObject(stage, 0)
    const specs: Json[] = [
      {},
      { expirationSeconds: 600 },
      { expirationSeconds: 5 },
      { expirationSeconds: 99999999999 },
      { audiences: ['a', 'b'] },
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } },
      { boundObjectRef: { kind: 'Odd', apiVersion: 'v1', name: 'none' } },
      { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'none', uid: 'x' } },
    ]
    for (const spec of specs)
      request(stage, 'create/token', itemPath(stage, 0, '/token'), {
        body: { json: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec } },
      })
    request(stage, 'create/token', itemPath(stage, 1, '/token'), { body: { json: {} } })
    request(stage, 'create/token', itemPath(stage, 0, '/token?dryRun=All'), { body: { json: {} } })
    request(stage, 'create/token', itemPath(stage, 0, '/token'), { body: { json: { apiVersion: 'v1', kind: 'Pod' } } })
  },
}

const finalize: Scenario = {
  name: 'finalize',
  weight: 4,
  suits: is('Namespace'),
  play(stage) {
    const created = createObject(stage, 0)
    const path = itemPath(stage, 0, '/finalize')
    request(stage, 'update/finalize', path, {
      body: {
        from: created,
        set: [
          [
            ['spec', 'finalizers'],
            ['kubernetes', 'example.com/f'],
          ],
        ],
      },
    })
    request(stage, 'update/finalize', path, {
      body: {
        from: created,
        set: [
          [['spec', 'finalizers'], ['bad']],
          [['metadata', 'resourceVersion'], ''],
        ],
      },
    })
    request(stage, 'delete', itemPath(stage, 0))
    const inside = `/api/v1/namespaces/${stage.namespace}-0/configmaps`
    request(stage, 'create', inside, {
      note: 'in a terminating namespace',
      body: { json: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } },
    })
    request(stage, 'get', itemPath(stage, 0))
    request(stage, 'delete', itemPath(stage, 0), { note: 'again' })
    const current = request(stage, 'get', itemPath(stage, 0))
    request(stage, 'update/finalize', path, { body: { from: current, set: [[['spec', 'finalizers'], []]] } })
    request(stage, 'get', itemPath(stage, 0))
  },
}

const approval: Scenario = {
  name: 'approval',
  weight: 4,
  suits: is('CertificateSigningRequest'),
  play(stage) {
    const { random } = stage
    createObject(stage, 0)
    const conditions: Json[] = [
      { type: 'Approved', status: 'True', reason: 'r' },
      { type: 'Denied', status: 'True' },
      { type: 'Approved', status: 'False' },
      { type: 'Failed', status: 'True' },
      { type: '', status: 'x' },
    ]
    for (let i = 0; i < 6; i++) {
      const body = { json: { status: { conditions: [random.pick(conditions)] } } }
      const name = random.pick(['approval', 'approval', 'status'])
      request(stage, `patch/${name}`, itemPath(stage, 0, `/${name}`), { body, headers: mergeType })
    }
    const body = { json: { status: { certificate: random.pick(['', 'eA==', 'LS0t']) } } }
    request(stage, 'patch/status', itemPath(stage, 0, '/status'), { body, headers: mergeType })
    request(stage, 'get', itemPath(stage, 0))
  },
}

export const subresourceScenarios: readonly Scenario[] = [status, scale, podActions, tokens, finalize, approval]
