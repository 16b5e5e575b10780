/** What expressions of admission policies and match conditions may name. */
import type { Environment, StructDeclaration } from './declarations.js'
import { newEnvironment } from './environment.js'
import { authorizerFunctions } from './library/authorizer.js'
import { type CelType, dynType, parseType, structType } from './types.js'

const fieldsOf = (name: string, fields: Readonly<Record<string, string>>): StructDeclaration => {
  const types = new Map(Object.entries(fields).map(([field, type]) => [field, parseType(type)]))
  return { name, field: field => types.get(field) }
}

const group = { group: 'string', version: 'string' }
const metadata = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  labels: 'map(string, string)',
  annotations: 'map(string, string)',
  UID: 'string',
  creationTimestamp: 'timestamp',
  deletionGracePeriodSeconds: 'int',
  deletionTimestamp: 'timestamp',
  generation: 'int',
  resourceVersion: 'string',
  finalizers: 'list(string)',
}

/** Of requests and namespaces, as upstream declares them. */
const structs: readonly StructDeclaration[] = [
  fieldsOf('kubernetes.GroupVersionKind', { ...group, kind: 'string' }),
  fieldsOf('kubernetes.GroupVersionResource', { ...group, resource: 'string' }),
  fieldsOf('kubernetes.UserInfo', {
    username: 'string',
    uid: 'string',
    groups: 'list(string)',
    extra: 'map(string, list(string))',
  }),
  fieldsOf('kubernetes.AdmissionRequest', {
    kind: 'struct:kubernetes.GroupVersionKind',
    resource: 'struct:kubernetes.GroupVersionResource',
    subResource: 'string',
    requestKind: 'struct:kubernetes.GroupVersionKind',
    requestResource: 'struct:kubernetes.GroupVersionResource',
    requestSubResource: 'string',
    name: 'string',
    namespace: 'string',
    operation: 'string',
    userInfo: 'struct:kubernetes.UserInfo',
    dryRun: 'bool',
    options: 'dyn',
  }),
  fieldsOf('kubernetes.NamespaceSpec', { finalizers: 'list(string)' }),
  fieldsOf('kubernetes.NamespaceCondition', {
    status: 'string',
    type: 'string',
    lastTransitionTime: 'timestamp',
    message: 'string',
    reason: 'string',
  }),
  fieldsOf('kubernetes.NamespaceStatus', {
    conditions: 'list(struct:kubernetes.NamespaceCondition)',
    phase: 'string',
  }),
  fieldsOf('kubernetes.NamespaceMetadata', metadata),
  fieldsOf('kubernetes.Namespace', {
    metadata: 'struct:kubernetes.NamespaceMetadata',
    spec: 'struct:kubernetes.NamespaceSpec',
    status: 'struct:kubernetes.NamespaceStatus',
  }),
]

/** The type that a variable of `variables` has for other expressions: upstream keeps no structs. */
export function composedType(type: CelType): CelType {
  if (type.kind === 'list' || type.kind === 'map') return { ...type, params: type.params.map(composedType) }
  return type.kind === 'struct' || type.kind === 'opaque' || type.kind === 'type' ? dynType : type
}

export interface AdmissionEnvironmentOptions {
  hasParams: boolean
  hasAuthorizer: boolean
  /** Whether `authorizer.requestResource` is there where `authorizer` is; default true. */
  hasRequestResource?: boolean
  /** Of `variables`, by name. Undefined: there is no such variable. */
  variables?: ReadonlyMap<string, CelType>
  /** Types of `object`, `oldObject` and `params`, where more is known than that they are something. */
  object?: CelType
  params?: CelType
  /** Structs that those types name. */
  findStruct?(name: string): StructDeclaration | undefined
}

export function newAdmissionEnvironment(options: AdmissionEnvironmentOptions): Environment {
  const { hasParams, hasAuthorizer, hasRequestResource = true, variables, object = dynType, params = dynType } = options
  const own: StructDeclaration = { name: 'kubernetes.variables', field: name => variables?.get(name) }
  const environment = newEnvironment({
    variables: {
      object,
      oldObject: object,
      request: structType('kubernetes.AdmissionRequest'),
      namespaceObject: structType('kubernetes.Namespace'),
      ...(hasParams && { params }),
      ...(hasAuthorizer && {
        authorizer: structType('kubernetes.authorization.Authorizer'),
        ...(hasRequestResource && {
          'authorizer.requestResource': structType('kubernetes.authorization.ResourceCheck'),
        }),
      }),
      ...(variables && { variables: structType(own.name) }),
    },
    structs: variables ? [...structs, own] : structs,
    functions: authorizerFunctions,
  })
  const { findStruct } = options
  return findStruct ? { ...environment, struct: name => findStruct(name) ?? environment.struct(name) } : environment
}
