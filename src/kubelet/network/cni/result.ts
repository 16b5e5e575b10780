/** What CNI plugins answer. Pure. */
import { RuntimeError } from '../../runtime/runtime.js'
import { isFrom } from './configuration.js'

/** Of any version: handed from plugin to plugin as it is. */
export type PluginResult = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined where it is no object in JSON. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Codes that the specification sets aside. */
const meanings: Readonly<Record<number, string>> = {
  1: 'incompatible CNI version',
  2: 'unsupported field in the configuration',
  3: 'unknown container',
  4: 'invalid environment',
  5: 'I/O failure',
  6: 'failed to decode content',
  7: 'invalid network configuration',
  11: 'try again later',
  50: 'the plugin is not available',
  51: 'the plugin is not available, and existing containers may have limited connectivity',
}

export interface PluginCall {
  /** Type of the plugin. */
  plugin: string
  /** Such as ADD. */
  command: string
}

/** What a plugin that failed said: an error object on its standard output, or whatever it wrote. */
export function failureOf({ plugin, command }: PluginCall, output: { stdout: string; stderr: string }): RuntimeError {
  const { code, msg, details } = parse(output.stdout) ?? {}
  const meaning = typeof code === 'number' ? (meanings[code] ?? `code ${code}`) : ''
  const words = [msg, details].filter(text => typeof text === 'string' && text).join(': ')
  const said = words || output.stderr.trim() || output.stdout.trim() || 'it failed without a word'
  return new RuntimeError('other', `CNI plugin ${plugin} failed to ${command}: ${said}${meaning && ` (${meaning})`}`)
}

/** Throws where a plugin that succeeded did not answer as ADD does. */
export function parseResult({ plugin, command }: PluginCall, stdout: string): PluginResult {
  const result = parse(stdout)
  if (!result)
    throw new RuntimeError('other', `CNI plugin ${plugin} answered ${command} with no result: ${stdout.slice(0, 200)}`)
  return result
}

const withoutPrefix = (cidr: unknown) => (typeof cidr === 'string' ? cidr.split('/')[0]! : '')

function* addresses(result: PluginResult): Generator<string> {
  // Versions before 0.3.0 have one address of each family.
  for (const family of ['ip4', 'ip6']) {
    const one = result[family]
    if (isObject(one)) yield withoutPrefix(one.ip)
  }
  for (const one of Array.isArray(result.ips) ? result.ips : []) yield withoutPrefix(one?.address)
}

/** Of the sandbox, of each family the first, IPv4 before IPv6. */
export function addressesOf(result: PluginResult): string[] {
  const all = [...addresses(result)].filter(Boolean)
  const first = (isOfFamily: (address: string) => boolean) => all.filter(isOfFamily).slice(0, 1)
  return [...first(address => !address.includes(':')), ...first(address => address.includes(':'))]
}

/** Whether plugins of a version are told the result of ADD when they check or delete. */
export const takesPreviousResult = (version: string): boolean => isFrom(version, '0.4.0')
