/** Prints the plain values of vendor extensions as YAML, the form in which OpenAPI's protobuf messages hold them. */
import * as yaml from 'js-yaml'

const options = { noRefs: true, lineWidth: -1, sortKeys: true, quoteStyle: 'double' } as const

export const yamlText = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? yaml.dump(value, options)
    : `${typeof value === 'string' ? yaml.dump(value, options).trimEnd() : String(value)}\n`
