/** `authorizer`: expressions ask whether the user, or a service account, may do something. */
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../name-rules.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, type ExtensionValue, type Value } from '../values.js'

/** What is asked; what is left out is empty. */
export interface AccessQuestion {
  /** Undefined: the user of the request. */
  serviceAccount?: { namespace: string; name: string }
  verb: string
  path?: string
  group: string
  resource: string
  subresource: string
  namespace: string
  name: string
  fieldSelector?: string
  labelSelector?: string
}

export interface AccessDecision {
  allowed: boolean
  reason: string
  error?: string
}

/** May throw `PendingDecision`. */
export type CheckAccess = (question: AccessQuestion) => AccessDecision

/** The answer takes a while. Whoever runs the expression waits for `ready` and runs it again; nothing in the expression absorbs this. */
export class PendingDecision extends Error {
  constructor(readonly ready: Promise<void>) {
    super('an access decision is pending')
  }
}

const prefix = 'kubernetes.authorization.'
type Question = Omit<AccessQuestion, 'verb'>
const blank: Question = { group: '', resource: '', subresource: '', namespace: '', name: '' }

/** One step on the way to a question; `type` says which. */
class AuthorizerValue implements ExtensionValue {
  constructor(
    readonly type: 'Authorizer' | 'PathCheck' | 'GroupCheck' | 'ResourceCheck',
    readonly question: Question,
    readonly check: CheckAccess,
  ) {}
  get typeName(): string {
    return prefix + this.type
  }
  equals(other: ExtensionValue): boolean {
    return (
      other instanceof AuthorizerValue &&
      other.type === this.type &&
      JSON.stringify(other.question) === JSON.stringify(this.question)
    )
  }
  with(type: AuthorizerValue['type'], more: Partial<Question>): AuthorizerValue {
    return new AuthorizerValue(type, { ...this.question, ...more }, this.check)
  }
}

class DecisionValue implements ExtensionValue {
  readonly typeName = `${prefix}Decision`
  constructor(readonly decision: AccessDecision) {}
  equals(other: ExtensionValue): boolean {
    return other instanceof DecisionValue && other.decision === this.decision
  }
}

/** The value of `authorizer`. */
export const newAuthorizer = (check: CheckAccess): Value => new AuthorizerValue('Authorizer', blank, check)

/** The value of `authorizer.requestResource`. */
export const newResourceAuthorizer = (check: CheckAccess, of: Partial<Question>): Value =>
  new AuthorizerValue('ResourceCheck', { ...blank, ...of }, check)

type Step = (value: AuthorizerValue, ...texts: string[]) => Value

const on =
  (type: AuthorizerValue['type'], step: Step) =>
  (value: Value | undefined, ...rest: Value[]): Value | undefined =>
    value instanceof AuthorizerValue && value.type === type && rest.every(text => typeof text === 'string')
      ? step(value, ...(rest as string[]))
      : undefined

function notEmpty(text: string, what: string): string {
  if (!text.trim()) throw new CelError(`${what} must not be empty`)
  return text
}

function serviceAccount(value: AuthorizerValue, namespace: string, name: string): Value {
  if (nameIsDnsSubdomain(name, false).length) throw new CelError('Invalid service account name')
  if (nameIsDnsLabel(namespace, false).length) throw new CelError('Invalid service account namespace')
  return value.with('Authorizer', { serviceAccount: { namespace, name } })
}

const decide: Step = ({ question, check }, verb) => new DecisionValue(check({ ...question, verb: verb! }))

const type = (name: string) => `struct:${prefix}${name}`
const refine = (name: string, id: string, key: keyof Question) =>
  defineFunction(
    name,
    [`${id}: ${type('ResourceCheck')}.(string) -> ${type('ResourceCheck')}`],
    on('ResourceCheck', (value, text) => value.with('ResourceCheck', { [key]: text })),
  )
const tell = (name: string, result: string, of: (decision: AccessDecision) => Value) =>
  defineFunction(name, [`decision_${name}: ${type('Decision')}.() -> ${result}`], value =>
    value instanceof DecisionValue ? of(value.decision) : undefined,
  )

export const authorizerFunctions: readonly FunctionDeclaration[] = [
  defineFunction(
    'path',
    [`authorizer_path: ${type('Authorizer')}.(string) -> ${type('PathCheck')}`],
    on('Authorizer', (value, path) => value.with('PathCheck', { path: notEmpty(path!, 'path') })),
  ),
  defineFunction(
    'group',
    [`authorizer_group: ${type('Authorizer')}.(string) -> ${type('GroupCheck')}`],
    on('Authorizer', (value, group) => value.with('GroupCheck', { group: group! })),
  ),
  defineFunction(
    'serviceAccount',
    [`authorizer_serviceaccount: ${type('Authorizer')}.(string, string) -> ${type('Authorizer')}`],
    on('Authorizer', (value, namespace, name) => serviceAccount(value, namespace!, name!)),
  ),
  defineFunction(
    'resource',
    [`groupcheck_resource: ${type('GroupCheck')}.(string) -> ${type('ResourceCheck')}`],
    on('GroupCheck', (value, resource) => value.with('ResourceCheck', { resource: notEmpty(resource!, 'resource') })),
  ),
  refine('subresource', 'resourcecheck_subresource', 'subresource'),
  refine('namespace', 'resourcecheck_namespace', 'namespace'),
  refine('name', 'resourcecheck_name', 'name'),
  refine('fieldSelector', 'authorizer_fieldselector', 'fieldSelector'),
  refine('labelSelector', 'authorizer_labelselector', 'labelSelector'),
  defineFunction(
    'check',
    [`pathcheck_check: ${type('PathCheck')}.(string) -> ${type('Decision')}`],
    on('PathCheck', decide),
  ),
  defineFunction(
    'check',
    [`resourcecheck_check: ${type('ResourceCheck')}.(string) -> ${type('Decision')}`],
    on('ResourceCheck', decide),
  ),
  tell('errored', 'bool', ({ error }) => error !== undefined),
  tell('error', 'string', ({ error }) => error ?? ''),
  tell('allowed', 'bool', ({ allowed }) => allowed),
  tell('reason', 'string', ({ reason }) => reason),
]
