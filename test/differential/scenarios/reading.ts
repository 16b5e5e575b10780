/** Lists, watches, forms of answers, deletions of many. */
import { accepts, queryOf } from './options.js'
import { createObject, itemPath, request, type Scenario, type Stage } from './stage.js'

/** Of the cluster's objects only the sequence's own. */
function own(stage: Stage, query: string): string {
  if (stage.template.namespaced || query.includes('labelSelector')) return query
  return `${query ? `${query}&` : '?'}labelSelector=run%3D${stage.namespace}`
}

/** A label selector that leaves others' objects out; where it does not, others' come and go. */
function listQuery(stage: Stage): string {
  const query = queryOf('listing', stage.random)
  if (stage.template.namespaced) return query
  const parts = query
    .slice(1)
    .split('&')
    .filter(part => part && !part.startsWith('labelSelector='))
  return own(stage, parts.length ? `?${parts.join('&')}` : '')
}

export const lists: Scenario = {
  name: 'list',
  weight: 2.5,
  suits: template => !template.virtual,
  play(stage) {
    const { random, collection } = stage
    for (let n = 0; n < 3; n++) createObject(stage, n)
    for (let i = 0; i < 7; i++) request(stage, 'list', `${collection}${listQuery(stage)}`)
    const page = request(stage, 'list', `${collection}${own(stage, '?limit=2')}`)
    request(stage, 'list', `${collection}${own(stage, `?limit=2&continue=@{${page}.metadata.continue}`)}`, {
      note: 'continue',
    })
    request(
      stage,
      'list',
      `${collection}${own(stage, `?resourceVersion=@{${page}.metadata.resourceVersion}&resourceVersionMatch=Exact`)}`,
    )
    for (let i = 0; i < 4; i++) {
      const accept = random.pick(accepts)
      request(stage, 'list', `${collection}${own(stage, '')}`, { note: accept, headers: { accept } })
    }
    const accept = random.pick(accepts)
    request(stage, 'get', itemPath(stage, 0), { note: accept, headers: { accept } })
    request(stage, 'get', itemPath(stage, 0, `?resourceVersion=${random.pick(['0', '1', 'x', '99999999999', ''])}`))
  },
}

export const watches: Scenario = {
  name: 'watch',
  weight: 0.6,
  suits: template => !template.virtual,
  play(stage) {
    const { random, collection } = stage
    const listed = request(stage, 'list', `${collection}${own(stage, '')}`)
    const since = `resourceVersion=@{${listed}.metadata.resourceVersion}`
    createObject(stage, 0)
    const label = { json: { metadata: { labels: { n: 'changed' } } } }
    request(stage, 'patch', itemPath(stage, 0), {
      body: label,
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    request(stage, 'delete', itemPath(stage, 0), { body: { json: { gracePeriodSeconds: 0 } } })
    createObject(stage, 1)
    const queries = [
      since,
      'resourceVersion=0',
      '',
      `${since}&allowWatchBookmarks=true`,
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
      `sendInitialEvents=true&${since}`,
      'sendInitialEvents=false&resourceVersionMatch=NotOlderThan',
      'resourceVersion=x',
      'resourceVersion=1',
      'resourceVersionMatch=Exact',
      `${since}&limit=1`,
      `${since}&fieldSelector=metadata.name%3D${stage.namespace}-1`,
    ]
    for (const query of [since, ...Array.from({ length: 3 }, () => random.pick(queries))]) {
      const accept = random.pick(['application/json', 'application/json', ...accepts.slice(1, 5)])
      const path = `${collection}${own(stage, `?watch=true&timeoutSeconds=1${query && `&${query}`}`)}`
      request(stage, 'watch', path, { note: accept, headers: { accept } })
    }
    request(stage, 'watch', `${collection}/${stage.namespace}?watch=1&timeoutSeconds=1`, { note: 'one object' })
  },
}

const deleteBodies: readonly unknown[] = [
  {},
  { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 },
  { kind: 'Odd', apiVersion: 'v1' },
  { propagationPolicy: 'Foreground' },
  { propagationPolicy: 'Orphan', orphanDependents: true },
  { propagationPolicy: 'x' },
  { gracePeriodSeconds: -1 },
  { gracePeriodSeconds: 'x' },
  { preconditions: { uid: '6f9619ff-8b86-4011-b42d-00c04fc964ff' } },
  { preconditions: { resourceVersion: '1' } },
  { dryRun: ['All'] },
  { dryRun: ['x'] },
  { unknown: 1 },
  { apiVersion: 'policy/v1', kind: 'DeleteOptions' },
  [],
  null,
  'text',
]

export const deletions: Scenario = {
  name: 'delete',
  weight: 1.2,
  suits: template => !template.virtual,
  play(stage) {
    const { random, collection } = stage
    createObject(stage, 0)
    createObject(stage, 1)
    for (let i = 0; i < 6; i++) {
      const body = { json: random.pick(deleteBodies) }
      request(stage, 'delete', itemPath(stage, 0, queryOf('deleting', random, 1)), { body })
    }
    request(stage, 'get', itemPath(stage, 0))
    if (stage.template.kind === 'Namespace') return
    const query = random.pick([
      '',
      '?dryRun=All',
      '?limit=1',
      '?fieldSelector=x%3Dy',
      '?propagationPolicy=x',
      '?gracePeriodSeconds=0',
    ])
    request(stage, 'deletecollection', `${collection}${own(stage, query)}`)
    request(stage, 'list', `${collection}${own(stage, '')}`)
  },
}
