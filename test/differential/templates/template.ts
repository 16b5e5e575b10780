/** What the generator knows about a kind: enough to make valid objects. */

export type Json = Record<string, unknown>

export interface Template {
  /** Empty for the core group. */
  group: string
  version: string
  kind: string
  plural: string
  /** Of the cluster unless said otherwise. */
  namespaced: boolean
  /** Everything but apiVersion, kind and metadata, valid as it is. `name` is that of the object. */
  body(name: string): Json
  /** Merged into the body one at a time; still valid. */
  variants: readonly Json[]
  /** Merge patches that the kind's update validation may allow or not. */
  changes: readonly Json[]
  /** `status`, `scale` and others that take the object itself. */
  subresources: readonly string[]
  /** Names the kind demands; by default that of the sequence. */
  nameOf?(base: string): string
  /** Fields that sequences beside this one would feel. */
  frozen?: readonly string[]
  /** Its objects themselves change what other kinds get: they are played with when all else is done. */
  apart?: boolean
  /** What a created object holds once the server has looked at it in the background. */
  settles?: string
  /** Answered and never stored. */
  virtual?: boolean
}

type Facts = Partial<Omit<Template, 'body'>> & { body?: Json | ((name: string) => Json) }

/** `apps/v1 Deployment deployments`, namespaced unless it says `cluster`. */
export function kindOf(text: string, facts: Facts = {}): Template {
  const [groupVersion, kind, plural, scope] = text.split(' ') as [string, string, string, string | undefined]
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion]
  const { body = {}, ...rest } = facts
  return {
    group: group!,
    version: version!,
    kind,
    plural,
    namespaced: scope !== 'cluster',
    variants: [],
    changes: [],
    subresources: [],
    ...rest,
    body: typeof body === 'function' ? body : () => body,
  }
}

export const apiVersionOf = ({ group, version }: Template): string => (group ? `${group}/${version}` : version)

/** Name of the kind's schema. */
export const schemaNameOf = ({ group, version, kind }: Template): string =>
  `${group ? group.split('.')[0] : 'core'}.${version}.${kind}`

/** Path of the collection. */
export function collectionPath(template: Template, namespace: string): string {
  const root = template.group ? `/apis/${template.group}/${template.version}` : `/api/${template.version}`
  return `${root}${template.namespaced ? `/namespaces/${namespace}` : ''}/${template.plural}`
}
