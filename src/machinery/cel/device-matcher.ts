/** Whether a device is one that an expression chooses. Source: k8s.io/dynamic-resource-allocation/cel. */
import { deviceEnvironment, deviceTypeName, maxSelectorCost } from './device-selector.js'
import { compileExpression } from './environment.js'
import { quantityValue } from './library/quantities.js'
import { semverValue } from './library/semvers.js'
import { EntryMap, type MapValue, type ObjectValue, type Value } from './values.js'

/** One of the fields is set. */
interface Attribute {
  bool?: boolean
  int?: number | bigint
  string?: string
  version?: string
}

export interface DeviceFacts {
  /** The domain of names that have none. */
  driver: string
  attributes?: Readonly<Record<string, Attribute>> | undefined
  capacity?: Readonly<Record<string, { value: string }>> | undefined
}

/** Domains that the device says nothing of are empty, so that `device.attributes["other"].model` is just missing. */
class DomainMap implements MapValue {
  readonly map = true
  constructor(private readonly domains: ReadonlyMap<string, EntryMap>) {}
  get size(): number {
    return this.domains.size
  }
  get(key: Value): Value | undefined {
    return (typeof key === 'string' ? this.domains.get(key) : undefined) ?? new EntryMap()
  }
  has(key: Value): boolean {
    return typeof key === 'string' && this.domains.has(key)
  }
  keys(): Iterable<Value> {
    return this.domains.keys()
  }
}

function attributeValue(name: string, { bool, int, string, version }: Attribute): Value {
  if (int !== undefined) return BigInt(int)
  const plain = bool ?? string
  if (plain !== undefined) return plain
  if (version !== undefined) return semverValue(version)
  throw new Error(`attribute ${name}: unsupported attribute value`)
}

function byDomain<T>(
  entries: Readonly<Record<string, T>> = {},
  driver: string,
  read: (name: string, entry: T) => Value,
): DomainMap {
  const domains = new Map<string, EntryMap>()
  for (const [name, entry] of Object.entries(entries)) {
    const slash = name.indexOf('/')
    const domain = slash < 0 ? driver : name.slice(0, slash)
    const known = domains.get(domain) ?? new EntryMap()
    domains.set(domain, known)
    known.set(name.slice(slash + 1), read(name, entry))
  }
  return new DomainMap(domains)
}

function deviceValue({ driver, attributes, capacity }: DeviceFacts): ObjectValue {
  const fields: Record<string, Value> = {
    driver,
    attributes: byDomain(attributes, driver, attributeValue),
    capacity: byDomain(capacity, driver, (_, { value }) => quantityValue(value)),
  }
  return { typeName: deviceTypeName, field: name => fields[name], equals: () => false }
}

/**
 * Throws CelCompileError or CelProgramError for what cannot be read; what is returned throws CelError where an expression
 * fails. The pattern engine must have been loaded.
 */
export function newDeviceMatcher(expression: string): (device: DeviceFacts) => boolean {
  const { run } = compileExpression(expression, deviceEnvironment())
  return facts => {
    const device = deviceValue(facts)
    return run(name => (name === 'device' ? device : undefined), maxSelectorCost).value === true
  }
}
