/** Prints objects as YAML, keys sorted, as upstream does. */
import { parseExactJson } from '../../machinery/json/parse-exact.js'
import { stringifyJson } from '../../machinery/json/stringify.js'

type JsYaml = typeof import('js-yaml')

/** The library's own schema for printing, and integers beyond 2^53. Texts that YAML 1.1 would read as something else are quoted. */
function schemaOf({ DUMP_SCHEMA, intYaml11Tag, intCoreTag, NOT_RESOLVED }: JsYaml) {
  return DUMP_SCHEMA.withTags({
    ...intYaml11Tag,
    resolve(source, isExplicit, tagName) {
      const result = intYaml11Tag.resolve(source, isExplicit, tagName)
      return result === NOT_RESOLVED ? intCoreTag.resolve(source, isExplicit, tagName) : result
    },
    identify: value => typeof value === 'bigint' || intYaml11Tag.identify(value),
    represent: String,
  })
}

/** The library is loaded on first use. */
export async function toYaml(value: unknown): Promise<string> {
  const yaml = await import('js-yaml')
  const options = { sortKeys: true, lineWidth: -1, noRefs: true, seqNoIndent: true, quoteStyle: 'double' } as const
  const schema = schemaOf(yaml)
  try {
    return yaml.dump(value, { ...options, schema, skipInvalid: false })
  } catch {
    // Fields that are undefined have no place in YAML.
    return yaml.dump(parseExactJson(stringifyJson(value)), { ...options, schema })
  }
}
