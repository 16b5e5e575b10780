/** Reads YAML as upstream does: YAML 1.1 scalars (`0644` is 420, `yes` is true), `<<` merges, dates stay text. */
import { maxJsonDepth, type ParsedJson } from './parse.js'
import { describeYamlFault, firstDocument, type YamlFault } from './yaml-error.js'
import { resolvePlainScalar } from './yaml-scalar.js'

/** Reads the first document of a text; throws a YamlSyntaxError. Doubled keys are strict errors: the last one counts. */
export type YamlParser = (text: string) => ParsedJson

/** The text is no YAML, or holds what JSON cannot. */
export class YamlSyntaxError extends Error {}

type JsYaml = typeof import('js-yaml')

/** More values than this come of aliases that refer to aliases, not of a text within the body limit. */
const maxValues = 1_000_000

/** Only an escape can make one. */
const loneSurrogate = /\p{Surrogate}/u

/** A tree that shares nothing: aliases are written out. */
function unshare(value: unknown, budget: { left: number }, depth: number): unknown {
  if (--budget.left < 0) throw new YamlSyntaxError('yaml: document contains excessive aliasing')
  if (depth > maxJsonDepth) throw new YamlSyntaxError('yaml: exceeded max depth')
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
    throw new YamlSyntaxError(`json: unsupported value: ${name}`)
  }
  if (typeof value === 'string' && loneSurrogate.test(value))
    throw new YamlSyntaxError('yaml: found invalid Unicode character escape code')
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => unshare(item, budget, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const inner = unshare((value as Record<string, unknown>)[key], budget, depth + 1)
    Object.defineProperty(copy, key, { value: inner, enumerable: true, configurable: true, writable: true })
  }
  return copy
}

function schemaOf(yaml: JsYaml) {
  const { defineScalarTag, FAILSAFE_SCHEMA, NOT_RESOLVED } = yaml
  const scalar = (name: string, accepts: (value: unknown) => boolean, implicit: boolean) =>
    defineScalarTag(`tag:yaml.org,2002:${name}`, {
      implicit,
      identify: () => false,
      resolve: source => {
        const value = resolvePlainScalar(source)
        return value !== undefined && accepts(value) ? value : NOT_RESOLVED
      },
    })
  const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'bigint'
  return FAILSAFE_SCHEMA.withTags(
    yaml.mergeTag,
    yaml.binaryTag,
    scalar('null', value => value === null, true),
    scalar('bool', value => typeof value === 'boolean', true),
    scalar('int', value => isNumber(value) && (typeof value === 'bigint' || Number.isInteger(value)), true),
    scalar('float', isNumber, true),
  )
}

/** Loads the parser; done on first use, for most servers never see YAML. */
export async function loadYamlParser(): Promise<YamlParser> {
  const yaml = await import('js-yaml')
  const schema = schemaOf(yaml)
  const read = (text: string, json: boolean) => {
    const [first = null] = yaml.loadAll(text, { schema, json, maxDepth: maxJsonDepth })
    return unshare(first, { left: maxValues }, 0)
  }
  const faultOf = (error: unknown): YamlFault | undefined => {
    if (!(error instanceof yaml.YAMLException)) return undefined
    const { reason, mark } = error
    return { reason, line: mark?.line ?? 0, position: mark?.position ?? 0 }
  }
  const failure = (text: string, error: unknown): Error => {
    const fault = faultOf(error)
    return fault ? new YamlSyntaxError(`yaml: ${describeYamlFault(text, fault)}`) : (error as Error)
  }
  const duplicateKey = /^duplicated mapping key/
  const parse: YamlParser = text => {
    try {
      return { value: read(text, false), strictErrors: [] }
    } catch (error) {
      const fault = faultOf(error)
      const first = fault && firstDocument(text, fault)
      if (first !== undefined && first.length < text.length) return parse(first)
      if (!(error instanceof yaml.YAMLException) || !duplicateKey.test(error.reason)) throw failure(text, error)
      const line = (error.mark?.line ?? 0) + 1
      const key =
        /^\s*(?:-\s+)*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^:]*)/.exec(text.split('\n')[line - 1] ?? '')?.[1] ?? ''
      const name = key.trim().replace(/^["']|["']$/g, '')
      const message = `yaml: unmarshal errors:\n  line ${line}: key ${JSON.stringify(name)} already set in map`
      try {
        return { value: read(text, true), strictErrors: [message] }
      } catch (second) {
        throw failure(text, second)
      }
    }
  }
  return parse
}
