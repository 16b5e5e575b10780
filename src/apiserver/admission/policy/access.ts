/** The `authorizer` of expressions, answered by the server's own. */
import type { AccessDecision, AccessQuestion, CheckAccess } from '../../../machinery/cel/library/authorizer.js'
import { newAuthorizer, newResourceAuthorizer, PendingDecision } from '../../../machinery/cel/library/authorizer.js'
import type { Value } from '../../../machinery/cel/values.js'
import type { UserInfo } from '../../../machinery/request.js'
import type { Attributes, Decision } from '../../authz/attributes.js'
import type { Authorize } from '../../authz/authorizer.js'
import type { AdmissionAttributes } from '../admission.js'

function userOf({ serviceAccount }: AccessQuestion, user: UserInfo): UserInfo {
  if (!serviceAccount) return user
  const { namespace, name } = serviceAccount
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  return { name: `system:serviceaccount:${namespace}:${name}`, groups }
}

function attributesOf(question: AccessQuestion, user: UserInfo): Attributes {
  const { verb, path, group, resource, subresource, namespace, name, fieldSelector } = question
  return {
    user: userOf(question, user),
    verb,
    isResource: path === undefined,
    group,
    version: '*',
    resource,
    subresource,
    namespace,
    name,
    path: path ?? '',
    ...(fieldSelector && { fieldSelector }),
  }
}

const shown = ({ allowed, reason }: Decision): AccessDecision => ({ allowed, reason })

/** Answers are kept for the request: an authorizer that must look something up is waited for by running the expression again. */
function checkerFor(authorize: Authorize, user: UserInfo): CheckAccess {
  const known = new Map<string, AccessDecision>()
  return question => {
    const key = JSON.stringify(question)
    const answer = known.get(key)
    if (answer) return answer
    const decision = authorize(attributesOf(question, user))
    if (!(decision instanceof Promise)) return shown(decision)
    const fail = (error: Error) => void known.set(key, { allowed: false, reason: '', error: error.message })
    throw new PendingDecision(decision.then(found => void known.set(key, shown(found)), fail))
  }
}

/** The variables `authorizer` and `authorizer.requestResource` of a request. */
export function authorizerValues(authorize: Authorize, attributes: AdmissionAttributes): Record<string, Value> {
  const { user, kind, subresource, namespace, name } = attributes
  const check = checkerFor(authorize, user)
  const of = { group: kind.group, resource: kind.names.plural, subresource, namespace, name }
  return { authorizer: newAuthorizer(check), 'authorizer.requestResource': newResourceAuthorizer(check, of) }
}

/** Runs again until nothing is pending. */
export async function withAnswers<T>(run: () => T): Promise<T> {
  for (;;)
    try {
      return run()
    } catch (error) {
      if (!(error instanceof PendingDecision)) throw error
      await error.ready
    }
}
