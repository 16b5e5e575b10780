/** Lists: every way to name a revision and a page, selectors, and the forms a list takes. */
import type { Case, Step } from '../case.js'
import { clear, make, metadataList, metadataOnly, secrets, table } from './secrets.js'

const three = [
  clear,
  make('a', { labels: { odd: 'yes' } }),
  make('b', { labels: { odd: 'no' } }),
  make('c', { labels: { odd: 'yes' } }),
]
const first: Step = { path: `${secrets}?limit=1`, quiet: true, capture: { next: 'metadata.continue' } }
const future = '9999999999'

/** All ways to put one value of each parameter together. */
function combinations(parameters: Readonly<Record<string, readonly string[]>>): string[] {
  let queries: string[][] = [[]]
  for (const [name, values] of Object.entries(parameters))
    queries = queries.flatMap(query =>
      values.map(value => (value === 'unset' ? query : [...query, `${name}=${value}`])),
    )
  return queries.map(query => query.join('&'))
}

const list = (query: string): Step => ({ path: query ? `${secrets}?${query}` : secrets })

const ofRevisions = combinations({
  resourceVersion: ['unset', '', '0', '{{rv_a}}', '{{rv_c}}', 'x', '-1'],
  resourceVersionMatch: ['unset', 'Exact', 'NotOlderThan', 'exact', ''],
  limit: ['unset', '2'],
  continue: ['unset', '{{next}}', 'x'],
})

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const continues = [
  'x',
  '_',
  '%25',
  'bm90IGpzb24',
  token(1),
  token(null),
  token({}),
  token({ v: 'meta.k8s.io/v2', rv: 1, start: 'a' }),
  token({ v: 'meta.k8s.io/v1', start: 'a' }),
  token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' }),
  token({ v: 'meta.k8s.io/v1', rv: 'x', start: 'a' }),
  token({ v: 'meta.k8s.io/v1', rv: 1.5, start: 'a' }),
  token({ v: 'meta.k8s.io/v1', rv: 1, start: '' }),
  token({ v: 'meta.k8s.io/v1', rv: 1, start: 7 }),
  token({ v: 'meta.k8s.io/v1', rv: 1, start: '../a' }),
  token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a/../b' }),
  token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a//b' }),
  token({ v: 'meta.k8s.io/v1', rv: -1, start: 'a\0' }),
  token({ v: 'meta.k8s.io/v1', rv: -1, start: '/a\0' }),
  token({ v: 'meta.k8s.io/v1', rv: -1, start: 'a\0', extra: 1 }),
  token({ V: 'meta.k8s.io/v1', RV: -1, Start: 'a\0' }),
  token({ v: 'meta.k8s.io/v1', rv: 9_999_999_999, start: 'a\0' }),
  `${token({ v: 'meta.k8s.io/v1', rv: -1, start: 'a\0' })}=`,
]

const selectors = [
  'labelSelector=odd',
  'labelSelector=odd%3Dyes',
  'labelSelector=!odd',
  'labelSelector=odd%20in%20(yes,no)',
  'labelSelector=odd%20notin%20(yes)',
  'labelSelector=odd%20gt%201',
  'labelSelector=odd%3E1',
  'labelSelector=odd%3Ex',
  'labelSelector=odd%3D%3D%3Dyes',
  'labelSelector=,',
  'labelSelector=odd,,',
  'labelSelector=a%20b',
  'labelSelector=odd%20in%20()',
  'labelSelector=odd%20in%20yes',
  'labelSelector=-x',
  'labelSelector=x%3D-',
  `labelSelector=${'x'.repeat(64)}`,
  `labelSelector=x%3D${'x'.repeat(64)}`,
  'labelSelector=%00',
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=metadata.name%3D%3Da',
  'fieldSelector=metadata.name!%3Da',
  'fieldSelector=metadata.name',
  'fieldSelector=metadata.namespace%3D{{ns}}',
  'fieldSelector=metadata.namespace%3Dother',
  'fieldSelector=data.x%3Dy',
  'fieldSelector=metadata.name%3Da,metadata.name%3Db',
  'fieldSelector=metadata.name%3Da%5C,b',
  'fieldSelector=metadata.name%3Da%5Cx',
  'fieldSelector=,',
  'fieldSelector=%3D',
]

const numbers = [
  'limit=x',
  'limit=1.5',
  'limit=99999999999999999999',
  'limit=-1',
  'limit=',
  'limit=%2B1',
  'limit=0x1',
].concat([
  'timeoutSeconds=x',
  'timeoutSeconds=-1',
  'watch=x&timeoutSeconds=1',
  'allowWatchBookmarks=maybe',
  'limit=1&limit=2',
  'limit=1_000',
])

export const lists: Case[] = [
  { name: 'revisions, pages and tokens together', steps: [...three, first, ...ofRevisions.map(list)] },
  {
    name: 'a revision to come',
    steps: [
      ...three,
      list(`resourceVersion=${future}`),
      list(`resourceVersion=${future}&resourceVersionMatch=NotOlderThan`),
      list(`resourceVersion=${future}&resourceVersionMatch=Exact`),
      list(`resourceVersion=${future}&limit=1`),
      { path: `${secrets}/a?resourceVersion=${future}` },
    ],
  },
  {
    name: 'numbers that are none',
    steps: [
      ...three,
      ...numbers.map(list),
      list('resourceVersion=99999999999999999999'),
      list('resourceVersion=18446744073709551615&resourceVersionMatch=Exact'),
    ],
  },
  { name: 'tokens that are none', steps: [...three, ...continues.map(text => list(`limit=1&continue=${text}`))] },
  {
    name: 'a page is followed by the rest',
    steps: [
      ...three,
      { path: `${secrets}?limit=2`, capture: { next: 'metadata.continue' } },
      make('bb'),
      list('limit=2&continue={{next}}'),
      list('continue={{next}}'),
      list('limit=2&continue={{next}}&resourceVersion=0'),
      list('limit=2&continue={{next}}&resourceVersion={{rv_c}}'),
    ],
  },
  {
    name: 'pages of selected objects do not count what remains',
    steps: [
      ...three,
      list('limit=1&labelSelector=odd%3Dyes'),
      list('limit=1&labelSelector=odd%3Dno'),
      list('limit=2&labelSelector=odd%3Dyes'),
      list('limit=1&fieldSelector=metadata.name%3Da'),
      list('limit=1&fieldSelector=metadata.namespace%3D{{ns}}'),
      list('limit=1&labelSelector=odd%3Dyes&resourceVersion=0'),
      list('limit=3'),
      list('limit=2&resourceVersion=0'),
    ],
  },
  { name: 'selectors', steps: [...three, ...selectors.map(list)] },
  {
    name: 'sendInitialEvents is of watches',
    steps: [
      'sendInitialEvents=true',
      'sendInitialEvents=false',
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
      'sendInitialEvents=',
    ].map(list),
  },
  {
    name: 'lists in other forms',
    steps: [
      ...three,
      ...[table, metadataList, metadataOnly, `${metadataOnly},application/json`, 'application/yaml'].flatMap(accept => [
        { path: `${secrets}?limit=1`, headers: { accept } },
        { path: `${secrets}/a`, headers: { accept } },
      ]),
      ...['None', 'Metadata', 'Object', '', 'Bogus'].map(include => ({
        path: `${secrets}?includeObject=${include}`,
        headers: { accept: table },
      })),
    ],
  },
]
