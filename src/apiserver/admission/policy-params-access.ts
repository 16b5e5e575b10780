/** Who names parameters in a policy or a binding must be able to read them. Upstream's strategies check this after all else was found valid. */
import type {
  ParamKind,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../apis/generated/admissionregistration-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { forbidden } from '../../machinery/field-error.js'
import type { UserInfo } from '../../machinery/request.js'
import { invalidObject } from '../../machinery/status-error.js'
import { resourceAttributes } from '../authz/attributes.js'
import type { Authorize } from '../authz/authorizer.js'
import type { RestDirectory } from '../deps.js'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.js'
import type { Lookup, ResourceRef } from './lookup.js'

const group = 'admissionregistration.k8s.io'
const policies: ResourceRef = [group, 'v1', 'validatingadmissionpolicies']

/** As Go prints a user. */
function goUser({ name, uid = '', groups, extra = {} }: UserInfo): string {
  const pairs = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1))
  return `&{${name} ${uid} [${groups.join(' ')}] map[${pairs.map(([k, v]) => `${k}:[${v.join(' ')}]`).join(' ')}]}`
}

interface Target {
  group: string
  version: string
  resource: string
  /** The kind is served. */
  resolved: boolean
}

const anything: Target = { group: '*', version: '*', resource: '*', resolved: false }

function targetOf({ apiVersion = '', kind }: ParamKind, rests: RestDirectory): Target {
  const [version = '', apiGroup = ''] = apiVersion.split('/').reverse()
  const found = rests.kinds().find(k => k.group === apiGroup && k.version === version && k.kind === kind)
  return { group: apiGroup, version, resource: found?.names.plural ?? '*', resolved: !!found }
}

interface Deps {
  authorize: Authorize
  rests: RestDirectory
  lookup: Lookup
}

/** Why the user may not; undefined when all is well. */
async function policyProblem({ user, object, old }: AdmissionAttributes, { authorize, rests }: Deps) {
  const { paramKind } = (object as unknown as ValidatingAdmissionPolicy).spec
  const before = (old as unknown as ValidatingAdmissionPolicy | undefined)?.spec.paramKind
  if (!paramKind || semanticEqual(paramKind, before)) return undefined
  const { resolved: _, ...target } = targetOf(paramKind, rests)
  const wanted = resourceAttributes(user, { verb: 'get', name: '*', namespace: '*', ...target })
  if ((await authorize(wanted)).allowed) return undefined
  const { kind, apiVersion } = paramKind
  return `user ${goUser(user)} must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`
}

async function bindingProblem({ user, object, old }: AdmissionAttributes, { authorize, rests, lookup }: Deps) {
  const { paramRef, policyName = '' } = (object as unknown as ValidatingAdmissionPolicyBinding).spec
  const before = (old as unknown as ValidatingAdmissionPolicyBinding | undefined)?.spec
  if (!paramRef || (semanticEqual(paramRef, before?.paramRef) && policyName === before?.policyName)) return undefined
  const policy = await lookup.get<ValidatingAdmissionPolicy>(policies, { name: policyName })
  const { paramKind } = policy?.spec ?? {}
  const { resolved, ...target } = paramKind ? targetOf(paramKind, rests) : anything
  const { name = '', namespace = '' } = paramRef
  const verb = name ? 'get' : 'list'
  if ((await authorize(resourceAttributes(user, { verb, name, namespace, ...target }))).allowed) return undefined
  const lacks = `does not have "${verb}" permission`
  const least = `to determine minimum required permissions and user ${goUser(user)} ${lacks} for all groups, versions and resources`
  if (!policy) return `unable to get policy ${policyName} ${least}`
  if (paramKind && !resolved) return `unable to resolve paramKind &{${paramKind.apiVersion} ${paramKind.kind}} ${least}`
  return `user ${goUser(user)} ${lacks} on the object referenced by paramRef`
}

export const policyParamsAccess = (deps: Deps): AdmissionPlugin => ({
  name: 'PolicyParamsAccess',
  operations: ['CREATE', 'UPDATE'],
  resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].map(name => `${name}.${group}`),
  async validate(attributes) {
    const { user, kind, object } = attributes
    if (user.groups.includes('system:masters')) return
    const ofPolicy = kind.kind === 'ValidatingAdmissionPolicy'
    const problem = await (ofPolicy ? policyProblem(attributes, deps) : bindingProblem(attributes, deps))
    if (problem === undefined) return
    const path = ofPolicy ? 'spec.paramKind' : 'spec.paramRef'
    throw invalidObject(kind, object?.metadata.name ?? '', [forbidden(path, problem)])
  },
})
