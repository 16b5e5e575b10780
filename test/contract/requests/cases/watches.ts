/** Watches: where they begin, what is refused, what objects do to selectors, and the forms of events. */
import type { Case, Step } from '../case.js'
import { clear, make, metadataList, metadataOnly, secret, secrets, table } from './secrets.js'

/** Each ends by itself after a second. */
const watch = (query: string, more: Partial<Step> = {}): Step => ({
  path: `${secrets}?watch=1&timeoutSeconds=1${query && `&${query}`}`,
  ...more,
})

const label = (name: string, odd: string): Step => ({
  method: 'PATCH',
  path: `${secrets}/${name}`,
  type: 'application/merge-patch+json',
  body: { metadata: { labels: { odd } } },
  quiet: true,
})
const remove = (name: string): Step => ({ method: 'DELETE', path: `${secrets}/${name}`, quiet: true })

/** A little history: a made, changed, removed; b made and changed. */
const history: Step[] = [
  clear,
  make('zero'),
  make('a', { labels: { odd: 'yes' } }),
  label('a', 'no'),
  make('b', { labels: { odd: 'no' } }),
  label('b', 'yes'),
  remove('a'),
]
const future = '9999999999'
const marked = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

const begins = [
  '',
  'resourceVersion=',
  'resourceVersion=0',
  'resourceVersion={{rv_zero}}',
  'resourceVersion={{rv_a}}',
  'resourceVersion=x',
  'resourceVersion=-1',
  'resourceVersion=1',
  `resourceVersion=${future}`,
  'resourceVersion=99999999999999999999',
  'resourceVersion={{rv_zero}}&limit=1',
  'continue=x',
  'resourceVersion={{rv_zero}}&continue=x',
  'resourceVersion={{rv_zero}}&allowWatchBookmarks=true',
]
const initial = [
  marked,
  `${marked}&resourceVersion=`,
  `${marked}&resourceVersion=0`,
  `${marked}&resourceVersion={{rv_a}}`,
  `${marked}&resourceVersion=${future}`,
  'sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
  'sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
  'sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion={{rv_a}}',
  'sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0',
  'sendInitialEvents=true',
  'sendInitialEvents=false',
  'sendInitialEvents=true&resourceVersionMatch=Exact',
  'sendInitialEvents=true&resourceVersionMatch=bogus',
  'resourceVersionMatch=NotOlderThan',
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=bogus&continue=x',
  `${marked}&continue=x`,
  'sendInitialEvents=&resourceVersionMatch=NotOlderThan',
]
const selected = ['odd%3Dyes', 'odd%3Dno', '!odd', 'odd', 'odd%20in%20(yes,no)', 'other'].map(
  selector => `resourceVersion={{rv_zero}}&labelSelector=${selector}`,
)

export const watches: Case[] = [
  { name: 'a watch begins', steps: [...history, ...begins.map(query => watch(query))] },
  { name: 'a watch begins with what is there', steps: [...history, ...initial.map(query => watch(query))] },
  { name: 'objects enter and leave a selector', steps: [...history, ...selected.map(query => watch(query))] },
  {
    name: 'watches of one object',
    steps: [
      ...history,
      watch('fieldSelector=metadata.name%3Db'),
      watch('fieldSelector=metadata.name%3Db&resourceVersion={{rv_zero}}'),
      watch('fieldSelector=metadata.name%3Dnone'),
      watch('fieldSelector=metadata.name!%3Db&resourceVersion={{rv_zero}}'),
      { path: `${secrets}/b?watch=1&timeoutSeconds=1` },
      { path: `${secrets}/none?watch=1&timeoutSeconds=1` },
      { path: `${secrets}/b?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Da` },
      { path: `${secrets}/b?watch=1&timeoutSeconds=1&fieldSelector=type%3DOpaque` },
      { path: '/api/v1/watch/namespaces/{{ns}}/secrets?timeoutSeconds=1' },
      { path: '/api/v1/watch/namespaces/{{ns}}/secrets/b?timeoutSeconds=1' },
      { path: '/api/v1/watch/namespaces/{{ns}}/secrets/b?timeoutSeconds=1&watch=0' },
      { path: '/api/v1/watch/namespaces/{{ns}}/bogus?timeoutSeconds=1' },
      { path: '/api/v1/watch/namespaces/{{ns}}?timeoutSeconds=1' },
      { path: '/api/v1/watch', compare: ['content-type'] },
      { path: '/api/v1/watch/namespaces/{{ns}}/secrets', method: 'POST', body: {} },
      { path: `${secrets}?watch=0&timeoutSeconds=1&limit=1` },
      { path: `${secrets}?watch=false&limit=1` },
      { path: `${secrets}?watch=&timeoutSeconds=1` },
      { path: `${secrets}?watch&timeoutSeconds=1` },
      { path: `${secrets}?watch=yes&timeoutSeconds=1` },
      { path: `${secrets}?watch=1&watch=0&timeoutSeconds=1` },
      { path: '/api/v1/secrets/b?watch=1&timeoutSeconds=1' },
      { path: '/api/v1/namespaces/{{ns}}?watch=1&timeoutSeconds=1' },
      { path: '/api/v1/componentstatuses?watch=1&timeoutSeconds=1' },
      { path: '/api/v1/namespaces/{{ns}}/bindings?watch=1&timeoutSeconds=1' },
    ],
  },
  {
    name: 'numbers of watches',
    steps: [
      clear,
      ...['timeoutSeconds=x', 'timeoutSeconds=', 'timeoutSeconds=1.5', 'timeoutSeconds=-1'].map(text => ({
        path: `${secrets}?watch=1&${text}`,
      })),
      watch('allowWatchBookmarks=bogus'),
      watch('limit=x'),
      watch('labelSelector=a b'.replace(' ', '%20')),
      watch('fieldSelector=x%3Dy'),
    ],
  },
  {
    name: 'events in other forms',
    steps: [
      ...history,
      ...[
        table,
        metadataOnly,
        metadataList,
        'application/yaml',
        'text/html',
        'application/json;stream=watch',
        'application/json;stream=bogus',
      ].map(accept => watch('resourceVersion={{rv_zero}}', { headers: { accept } })),
      watch(marked, { headers: { accept: table } }),
      watch(marked, { headers: { accept: metadataOnly } }),
      watch(`resourceVersion=1`, { headers: { accept: table } }),
      ...['None', 'Metadata', 'Object', 'Bogus'].map(include =>
        watch(`resourceVersion={{rv_zero}}&includeObject=${include}`, { headers: { accept: table } }),
      ),
      watch('resourceVersion={{rv_zero}}&pretty=1'),
      watch('resourceVersion={{rv_zero}}', { headers: { 'accept-encoding': 'gzip' } }),
    ],
  },
  {
    name: 'a change that means nothing is no event',
    steps: [
      clear,
      make('zero'),
      make('a'),
      { method: 'PATCH', path: `${secrets}/a`, type: 'application/merge-patch+json', body: {}, quiet: true },
      { method: 'PUT', path: `${secrets}/a`, body: secret('a'), quiet: true },
      watch('resourceVersion={{rv_zero}}'),
    ],
  },
]
