/** Prints objects as YAML, keys sorted, as upstream does. */

/** Numbers beyond 2^53 are kept as text of that number, for the library knows no bigint. */
const withoutBigInts = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** The library is loaded on first use. Texts that YAML 1.1 would read as something else are quoted. */
export async function toYaml(value: unknown): Promise<string> {
  const { dump } = await import('js-yaml')
  const options = { sortKeys: true, lineWidth: -1, noRefs: true, seqNoIndent: true, quoteStyle: 'double' } as const
  try {
    return dump(value, { ...options, skipInvalid: false })
  } catch {
    return dump(JSON.parse(JSON.stringify(value, withoutBigInts)), options)
  }
}
