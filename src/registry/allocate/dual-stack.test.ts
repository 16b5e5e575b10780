/** Families and addresses of services in a cluster of two families, as stock gives them: test/golden/dual-stack. */
import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from '@jest/globals'
import { endpoints } from '../../apis/core-v1/endpoints.js'
import { service } from '../../apis/core-v1/service.js'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import { ipAddress } from '../../apis/networking-v1/ip-address.js'
import { serviceCidr } from '../../apis/networking-v1/service-cidr.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { StatusError } from '../../machinery/status-error.js'
import { newFixture, newObject, scope } from '../fixture.js'
import type { Rest } from '../rest.js'

type Told = string | Partial<ServiceSpec>
interface Case {
  create: Partial<ServiceSpec>
  created: Told
  change?: Partial<ServiceSpec>
  changed?: Told
}
const golden = new URL('../../../test/golden/dual-stack/services.json', import.meta.url)
const cases = JSON.parse(readFileSync(golden, 'utf8')) as Case[]
const subnets = ['10.97.0.0/16', 'fd00:97::/112']
let rest: Rest
beforeEach(() => {
  rest = newFixture([service, endpoints, ipAddress, serviceCidr], { services: { subnets } }).registry.rest(service)
})

const defaulted = (object: AnyObject): AnyObject => {
  const spec = object.spec as ServiceSpec
  spec.type ??= 'ClusterIP'
  spec.sessionAffinity ??= 'None'
  for (const port of spec.ports ?? []) port.protocol ??= 'TCP'
  service.setDefaults?.(object as unknown as Service)
  return object
}

const byFamily = (text: string) =>
  text.replaceAll(/10\.97\.\d+\.\d+/g, 'IPv4').replaceAll(/fd00:97::[0-9a-f:]*/g, 'IPv6')
const fields = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const

/** The fields of addresses, or what is wrong. */
async function told(writing: Promise<AnyObject>): Promise<Told> {
  try {
    const spec = (await writing).spec as ServiceSpec
    const found = fields.flatMap(name => (spec[name] === undefined ? [] : [[name, spec[name]] as const]))
    return JSON.parse(byFamily(JSON.stringify(Object.fromEntries(found))))
  } catch (error) {
    const { code, message } = (error as StatusError).status
    return `${code} ${byFamily(message ?? '')}`
  }
}

const create = async (spec: Partial<ServiceSpec>) =>
  (await rest.create('ns', defaulted(newObject('w', { spec: structuredClone(spec) })), scope)).object
const change = async (patch: Partial<ServiceSpec>) => {
  const transform = (current: AnyObject | undefined) => {
    const spec: Record<string, unknown> = { ...(current!.spec as object), ...structuredClone(patch) }
    for (const name of Object.keys(spec)) if (spec[name] === null) delete spec[name]
    return defaulted({ ...current!, spec })
  }
  return (await rest.update({ name: 'w', namespace: 'ns' }, transform, scope)).stored.object
}

test.each(cases.map(one => [JSON.stringify([one.create, one.change]), one] as const))('%s', async (_, one) => {
  expect(await told(create(one.create))).toEqual(one.created)
  if (one.change) expect(await told(change(one.change))).toEqual(one.changed)
})
