/** Puts the questions to a server and keeps the answers in a form that is short and can be compared. */
import { type Attempt, attempts } from './attempts.js'
import { type Identity, identities } from './identities.js'
import { matrixQuestions, namedQuestions, type Question, type Resource } from './questions.js'
import type { Send } from './send.js'

export interface Answers {
  resources: Resource[]
  /** By identity: the verbs it may use, and the resources where it may use these and no others. */
  matrix: Record<string, Record<string, string[]>>
  /** By identity: what is said of each question about a named object. */
  named: Record<string, Record<string, string[]>>
  /** Status and message of each attempt, by identity and request. */
  attempts: Record<string, Record<string, string>>
}

/** Those whose rights hang on objects, and those of a role with names. */
const askedByName = ['a node', 'a node without a name', 'one with a role of names and subresources']

interface ReviewStatus {
  allowed: boolean
  reason?: string
  evaluationError?: string
}

const review = ({ user, groups }: Identity, question: Question) => {
  const { path, verb, fieldSelector, ...resource } = question
  const attributes = path
    ? { nonResourceAttributes: { path, verb } }
    : {
        resourceAttributes: {
          verb,
          ...resource,
          ...(fieldSelector && { fieldSelector: { rawSelector: fieldSelector } }),
        },
      }
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, groups, ...attributes } }
}

async function ask(send: Send, identity: Identity, question: Question): Promise<ReviewStatus> {
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
  const { status, body } = await send({ method: 'POST', path, body: review(identity, question) })
  if (status !== 201) throw new Error(`${JSON.stringify(question)}: ${status} ${JSON.stringify(body)}`)
  return (body as { status: ReviewStatus }).status
}

const place = ({ group, resource, subresource, namespace, path }: Question) => {
  if (path) return path
  const what = `${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`
  return namespace === undefined ? what : `${what} in ${namespace || 'the cluster'}`
}

/** Runs with so many at once as servers like. */
async function inParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await run(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return results
}

function group(pairs: Iterable<readonly [key: string, value: string]>): Record<string, string[]> {
  const grouped = new Map<string, string[]>()
  for (const [key, value] of pairs) {
    const list = grouped.get(key)
    if (list) list.push(value)
    else grouped.set(key, [value])
  }
  return Object.fromEntries([...grouped].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function askMatrix(send: Send, identity: Identity, questions: readonly Question[]) {
  const answers = await inParallel(questions, question => ask(send, identity, question))
  const verbs = new Map<string, string[]>()
  for (const [index, question] of questions.entries()) {
    const allowed = verbs.get(place(question)) ?? []
    if (answers[index]!.allowed) allowed.push(question.verb)
    verbs.set(place(question), allowed)
  }
  const some = [...verbs].filter(([, allowed]) => allowed.length)
  return group(some.map(([where, allowed]) => [allowed.sort().join(','), where] as const))
}

const decision = ({ allowed, reason = '', evaluationError = '' }: ReviewStatus) =>
  [allowed ? 'yes' : 'no', reason, evaluationError].filter(Boolean).join(': ')

async function askNamed(send: Send, identity: Identity) {
  const answers = await inParallel(namedQuestions, question => ask(send, identity, question))
  return group(
    namedQuestions.map((question, index) => {
      const { verb, name = '', fieldSelector = '' } = question
      return [decision(answers[index]!), `${verb} ${place(question)} ${name || fieldSelector}`] as const
    }),
  )
}

const impersonating = ({ user, groups }: Identity) => ({ 'impersonate-user': user, 'impersonate-group': [...groups] })

async function attempt(send: Send, { as, ...asked }: Attempt): Promise<string> {
  const { status, body } = await send({ ...asked, headers: impersonating(identities[as]!) })
  const { message, details } = body as { message?: string; details?: object }
  if (status < 300) return String(status)
  return `${status} ${message ?? JSON.stringify(body)} ${details ? JSON.stringify(details) : ''}`.trim()
}

/** Real requests are made one after the other: what one grants, another might use. */
async function makeAttempts(send: Send): Promise<Answers['attempts']> {
  const results: Answers['attempts'] = {}
  for (const each of attempts) {
    const { as, method, path, body } = each
    const key = `${method} ${path}${body ? ` ${JSON.stringify(body)}` : ''}`
    results[as] = { ...results[as], [key]: await attempt(send, each) }
  }
  return results
}

/** All answers of a server that has been set up. */
export async function askAll(send: Send, resources: Resource[]): Promise<Answers> {
  const questions = matrixQuestions(resources)
  const answers: Answers = { resources, matrix: {}, named: {}, attempts: {} }
  for (const [name, identity] of Object.entries(identities))
    answers.matrix[name] = await askMatrix(send, identity, questions)
  for (const name of askedByName) answers.named[name] = await askNamed(send, identities[name]!)
  answers.attempts = await makeAttempts(send)
  return answers
}
