/** Query parameters: those that fit a verb, and those that do not. */
import type { Chooser } from '../random.js'

type Choices = readonly (readonly [string, readonly string[]])[]

const writing: Choices = [
  ['dryRun', ['All', 'All', 'All', 'all', '', 'x']],
  ['fieldManager', ['me', '', 'x'.repeat(129), 'a%01b', 'ünï']],
  ['fieldValidation', ['Ignore', 'Warn', 'Strict', 'strict', '']],
  ['pretty', ['true', 'false', 'x']],
  ['unknown', ['x']],
  ['force', ['true', 'x']],
]
const listing: Choices = [
  [
    'labelSelector',
    [
      'run',
      'n=1',
      'n!=1',
      'n in (1,2)',
      'n notin (1)',
      '!n',
      'n>0',
      'n=1,run',
      'a b',
      'n in 1',
      '=x',
      'n==2',
      '%zz',
      'x/y/z=1',
      'n=a b',
    ],
  ],
  [
    'fieldSelector',
    [
      'metadata.name=x',
      'metadata.name!=x',
      'metadata.namespace=y',
      'spec.nodeName=a',
      'status.phase=Running',
      'type=Normal',
      'bad',
      'metadata.uid=1',
      'a=b,c=d',
      'metadata.name in (a)',
      'spec.unschedulable=true',
    ],
  ],
  ['limit', ['1', '2', '0', '-1', 'x', '9999999999999999999999']],
  ['resourceVersion', ['0', '1', 'x', '-1', '', '99999999999', '00']],
  ['resourceVersionMatch', ['Exact', 'NotOlderThan', 'x', '']],
  ['continue', ['x', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0', '']],
  ['timeoutSeconds', ['5', 'x', '-1']],
  ['allowWatchBookmarks', ['true', 'false', 'x']],
  ['sendInitialEvents', ['true', 'false', 'x']],
  ['pretty', ['true']],
  ['includeObject', ['None', 'Metadata', 'Object', 'x']],
  ['watch', ['false', '0']],
]
const deleting: Choices = [
  ['gracePeriodSeconds', ['0', '5', '-1', 'x', '']],
  ['propagationPolicy', ['Orphan', 'Background', 'Foreground', 'x', '']],
  ['orphanDependents', ['true', 'false', 'x']],
  ['dryRun', ['All', 'x', '']],
  ['ignoreStoreReadErrorWithClusterBreakingPotential', ['true', 'x']],
]

const kinds = { writing, listing, deleting }

/** `?a=b&c=d` of up to `most` parameters, or nothing. */
export function queryOf(use: keyof typeof kinds, random: Chooser, most = 3): string {
  const count = random.below(most + 1)
  const parts = Array.from({ length: count }, () => {
    const [name, values] = random.pick(kinds[use])
    return `${name}=${random.pick(values).replaceAll(' ', '%20').replaceAll('ü', '%C3%BC').replaceAll('ï', '%C3%AF')}`
  })
  return parts.length ? `?${parts.join('&')}` : ''
}

/** `fieldValidation` alone, as most clients send it. */
export const validationOf = (random: Chooser): string =>
  random.pick(['', '', '?fieldValidation=Ignore', '?fieldValidation=Warn', '?fieldValidation=Strict'])

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

export const accepts: readonly string[] = [
  'application/json',
  table,
  `${table},application/json`,
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
  'application/cbor',
  '*/*',
  'text/html',
  'text/plain',
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json;as=Table;v=v9;g=meta.k8s.io',
  'application/json;as=Odd;v=v1;g=meta.k8s.io',
  'application/json;pretty=1',
  'application/*',
  '',
  'nonsense',
]
