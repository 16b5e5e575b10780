/** Reads the API classes of @kubernetes/client-node: every operation with its path, parameters, bodies and answers. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commentText } from './comment-text.js'

export interface QueryParameter {
  name: string
  type: string
  doc: string
  required: boolean
}

export interface ClientOperation {
  /** The class without `Api`, such as `AppsV1`. */
  api: string
  /** The method, such as `createNamespacedDeployment`. */
  method: string
  /** Upper case. */
  httpMethod: string
  path: string
  doc: string
  pathParameters: string[]
  parameterDocs: Map<string, string>
  query: QueryParameter[]
  body?: { type: string; required: boolean }
  consumes: string[]
  /** The library's type by status code; `''` where there is none. */
  responses: Record<string, string>
}

const requestPattern =
  / {4}\/\*\*\n((?: {5}\*[^\n]*\n)*?) {5}\*\/\n {4}async (\w+)\([^)]*\) \{([\s\S]*?)\n {8}return requestContext;/g
const responsePattern = / {4}async (\w+)WithHttpInfo\(response\) \{([\s\S]*?)\n {4}\}\n/g
const codePattern = /isCodeInRange\("(\d+)"[\s\S]*?(?:deserialize\([\s\S]*?, "([^"]+)", "[^"]*"\)|throw|return)/g
const queryPattern = /setQueryParam\("([^"]+)", ObjectSerializer\.serialize\((\w+), "([^"]+)", "[^"]*"\)/g

/** Splits a method's comment into its text and the text of each `@param`. */
function splitComment(comment: string): { text: string; parameters: Map<string, string> } {
  const parameters = new Map<string, string>()
  const text: string[] = []
  let current = ''
  for (const line of commentText(comment).split('\n')) {
    const parameter = /^@param (\w+) ?(.*)$/.exec(line)
    if (parameter) parameters.set((current = parameter[1]!), parameter[2]!)
    else if (current) parameters.set(current, `${parameters.get(current)}\n${line}`)
    else text.push(line)
  }
  return { text: text.join('\n'), parameters }
}

function readResponses(source: string): Map<string, Record<string, string>> {
  const responses = new Map<string, Record<string, string>>()
  for (const [, method, body] of source.matchAll(responsePattern)) {
    const byCode: Record<string, string> = {}
    for (const [, code, type] of body!.matchAll(codePattern)) byCode[code!] = type ?? ''
    responses.set(method!, byCode)
  }
  return responses
}

function readRequest(api: string, [, comment, method, body]: readonly string[]): ClientOperation {
  const { text, parameters } = splitComment(comment!)
  // The library drops the final slash of the two documents that OpenAPI lists with one.
  const path = /localVarPath = '([^']+)'/.exec(body!)![1]!.replace(/^(\/\.well-known\/.*|\/openid\/.*)$/, '$1/')
  const required = new Set([...body!.matchAll(/\/\/ verify required parameter '(\w+)'/g)].map(found => found[1]!))
  const bodyType = /ObjectSerializer\.serialize\(body, "([^"]+)", "[^"]*"\)/.exec(body!)?.[1]
  const mediaTypes = /getPreferredMediaType\(\[([^\]]*)\]/.exec(body!)?.[1] ?? ''
  return {
    api,
    method: method!,
    httpMethod: /HttpMethod\.(\w+)\)/.exec(body!)![1]!,
    path,
    doc: text,
    pathParameters: [...new Set([...path.matchAll(/\{(\w+)\}/g)].map(found => found[1]!))],
    parameterDocs: parameters,
    query: [...body!.matchAll(queryPattern)].map(([, name, argument, type]) => ({
      name: name!,
      type: type!,
      doc: parameters.get(argument!) ?? '',
      required: required.has(argument!),
    })),
    ...(bodyType && { body: { type: bodyType, required: required.has('body') } }),
    consumes: [...mediaTypes.matchAll(/"([^"]+)"/g)].map(found => found[1]!),
    responses: {},
  }
}

/** Classes for any custom resource and for node logs: no part of the published API. */
const unpublished = new Set(['CustomObjects', 'Logs'])

/** All operations; `generated` is the library's `dist/gen`. */
export function readOperations(generated: string): ClientOperation[] {
  const index = readFileSync(join(generated, 'index.d.ts'), 'utf8')
  const operations: ClientOperation[] = []
  for (const file of readdirSync(join(generated, 'apis')).sort()) {
    const api = /^(\w+)Api\.js$/.exec(file)?.[1]
    // Files that the index does not name are left over from older releases.
    if (!api || unpublished.has(api) || !index.includes(`Object${api}Api as`)) continue
    const source = readFileSync(join(generated, 'apis', file), 'utf8')
    const cut = source.indexOf('ResponseProcessor {')
    const responses = readResponses(source.slice(cut))
    for (const match of source.slice(0, cut).matchAll(requestPattern)) {
      const operation = readRequest(api, match)
      operations.push({ ...operation, responses: responses.get(operation.method) ?? {} })
    }
  }
  return operations
}
