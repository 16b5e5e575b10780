/**
 * What the zone of the cluster answers: names of services, of the pods behind headless ones, of ports, and of addresses the other way round.
 * Pure; the DNS specification of Kubernetes, and CoreDNS' kubernetes plugin where it leaves a choice.
 */
import type { Answer, Question } from 'dns-packet'
import type { Service } from '../../apis/generated/core-v1.js'
import type { Endpoint, EndpointSlice } from '../../apis/generated/discovery-v1.js'

/** What there is in the cluster, found by name and by address. */
export interface ClusterDirectory {
  service(namespace: string, name: string): Service | undefined
  slices(namespace: string, service: string): readonly EndpointSlice[]
  hasNamespace(name: string): boolean
  /** The service with this cluster IP. */
  serviceAt(ip: string): Service | undefined
  slicesAt(ip: string): readonly EndpointSlice[]
}

export interface ZoneAnswer {
  exists: boolean
  answers: Answer[]
  additionals: Answer[]
  /** The name that the one asked for stands for: it is to be looked up in its place. */
  alias?: string
}

/** A place that a name leads to. `name` is its own full name. */
interface Target {
  name: string
  ip: string
  port: number
}

/** Seconds that clients may keep an answer, as kubeadm sets CoreDNS. */
const ttl = 30
/** Of the DNS specification that this follows. */
const specification = '1.1.0'

const missing: ZoneAnswer = { exists: false, answers: [], additionals: [] }
const empty: ZoneAnswer = { exists: true, answers: [], additionals: [] }

const isIpv6 = (ip: string) => ip.includes(':')
const withoutUnderscore = (label: string) => label.replace(/^_/, '')
const isHeadless = ({ spec }: Service) => spec.clusterIP === 'None'
const dashed = (ip: string) => ip.replaceAll(/[.:]/g, '-')

/** For answers that say there is nothing: how long that may be kept. */
export const zoneAuthority = (zone: string, serial: number): Answer => ({
  type: 'SOA',
  name: zone,
  ttl,
  data: {
    mname: `ns.dns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial,
    refresh: 7200,
    retry: 1800,
    expire: 86400,
    minimum: ttl,
  },
})

/** Labels of a name below one of our subdomains, nearest the zone first. */
interface Wanted {
  namespace: string
  service: string
  endpoint?: string
  port?: string
  protocol?: string
}

/** Undefined for names that are too long for anything. */
function wantedOf(labels: readonly string[]): Wanted | undefined {
  const [namespace = '', service = '', a, b, ...rest] = labels
  if (rest.length > 0) return undefined
  if (b !== undefined) return { namespace, service, protocol: withoutUnderscore(a ?? ''), port: withoutUnderscore(b) }
  return { namespace, service, ...(a !== undefined && { endpoint: a }) }
}

const matches = (wanted: string | undefined, has: string) => !wanted || wanted === has.toLowerCase()

function endpointName({ hostname }: Endpoint, ip: string): string {
  return hostname || dashed(ip)
}

function endpointTargets(slices: readonly EndpointSlice[], wanted: Wanted, domain: string): Target[] {
  return slices.flatMap(({ endpoints, ports }) => {
    const chosen = (ports?.length ? ports : [{}]).filter(
      port => matches(wanted.port, port.name ?? '') && matches(wanted.protocol, port.protocol ?? 'TCP'),
    )
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(endpoint =>
        endpoint.addresses
          .map(ip => ({ ip, own: endpointName(endpoint, ip) }))
          .filter(({ own }) => matches(wanted.endpoint, own))
          .flatMap(({ ip, own }) => chosen.map(port => ({ name: `${own}.${domain}`, ip, port: port.port ?? 0 }))),
      )
  })
}

function clusterTargets({ spec }: Service, wanted: Wanted, domain: string): Target[] {
  const ips = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? '']
  return (spec.ports ?? [])
    .filter(port => matches(wanted.port, port.name ?? '') && matches(wanted.protocol, port.protocol ?? 'TCP'))
    .flatMap(({ port }) => ips.map(ip => ({ name: domain, ip, port })))
}

const distinct = (answers: readonly Answer[]): Answer[] => [
  ...new Map(answers.map(answer => [JSON.stringify(answer), answer])).values(),
]

const addressOf = (name: string, ip: string): Answer => ({ type: isIpv6(ip) ? 'AAAA' : 'A', name, ttl, data: ip })

/** Records of the type asked for; of others none, though the name is there. */
function recordsFor({ name, type }: Question, targets: readonly Target[]): ZoneAnswer {
  if (type === 'A' || type === 'AAAA') {
    const addresses = targets.filter(({ ip }) => isIpv6(ip) === (type === 'AAAA')).map(({ ip }) => addressOf(name, ip))
    return { ...empty, answers: distinct(addresses) }
  }
  if (type !== 'SRV') return empty
  const weight = Math.floor(100 / targets.length)
  const answers = targets.map(
    ({ name: target, port }): Answer => ({ type: 'SRV', name, ttl, data: { priority: 0, weight, port, target } }),
  )
  return { ...empty, answers: distinct(answers), additionals: distinct(targets.map(t => addressOf(t.name, t.ip))) }
}

function answerService(question: Question, labels: readonly string[], at: Place): ZoneAnswer {
  const wanted = wantedOf(labels)
  if (!wanted) return missing
  if (!at.directory.hasNamespace(wanted.namespace)) return missing
  if (!wanted.service) return empty
  const service = at.directory.service(wanted.namespace, wanted.service)
  if (!service) return missing
  const { type, externalName } = service.spec
  if (type === 'ExternalName') {
    if (wanted.endpoint || wanted.port || !externalName) return missing
    return { ...empty, answers: [{ type: 'CNAME', name: question.name, ttl, data: externalName }], alias: externalName }
  }
  const domain = `${wanted.service}.${wanted.namespace}.svc.${at.zone}`
  const slices = () => at.directory.slices(wanted.namespace, wanted.service)
  const ofEndpoints = isHeadless(service) || wanted.endpoint !== undefined
  const targets = ofEndpoints ? endpointTargets(slices(), wanted, domain) : clusterTargets(service, wanted, domain)
  return targets.length > 0 ? recordsFor(question, targets) : missing
}

/** `10-1-2-3.namespace.pod`: the address is in the name, whether there is such a pod or not. */
function answerPod(question: Question, labels: readonly string[], { directory }: Place): ZoneAnswer {
  const [namespace = '', pod, ...rest] = labels
  if (rest.length > 0 || !directory.hasNamespace(namespace)) return missing
  if (!pod) return empty
  const v4 = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.test(pod)
  const ip = pod.replaceAll('-', v4 ? '.' : ':')
  if (!(v4 ? isValidIpv4(ip) : /^[0-9a-f:]*:[0-9a-f:]+$/.test(ip))) return missing
  return recordsFor(question, [{ name: question.name, ip, port: 0 }])
}

const isValidIpv4 = (ip: string) => ip.split('.').every(part => Number(part) <= 255)

interface Place {
  directory: ClusterDirectory
  zone: string
}

/** Names at the top of the zone. */
function answerApex(question: Question, { zone }: Place): ZoneAnswer {
  if (question.type === 'SOA') return { ...empty, answers: [zoneAuthority(zone, 1)] }
  if (question.type === 'NS')
    return { ...empty, answers: [{ type: 'NS', name: question.name, ttl, data: `ns.dns.${zone}` }] }
  return empty
}

function reversedIp(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)
  if (v4) return v4.slice(1).reverse().join('.')
  return undefined
}

function answerReverse(question: Question, ip: string, { directory, zone }: Place): ZoneAnswer | undefined {
  const service = directory.serviceAt(ip)
  const names = service
    ? [`${service.metadata.name}.${service.metadata.namespace}`]
    : directory.slicesAt(ip).flatMap(({ metadata, endpoints }) =>
        (endpoints ?? [])
          .filter(({ addresses, conditions }) => addresses.includes(ip) && conditions?.ready !== false)
          .map(endpoint => {
            const owner = metadata.labels?.['kubernetes.io/service-name']
            return `${endpointName(endpoint, ip)}.${owner}.${metadata.namespace}`
          }),
      )
  if (names.length === 0) return undefined
  if (question.type !== 'PTR') return empty
  const answers = names.map((own): Answer => ({ type: 'PTR', name: question.name, ttl, data: `${own}.svc.${zone}` }))
  return { ...empty, answers: distinct(answers) }
}

/** Undefined for names that are not the cluster's: somebody else is to be asked. `zone` is such as `cluster.local`. */
export function answerFromZone(question: Question, directory: ClusterDirectory, zone: string): ZoneAnswer | undefined {
  const name = question.name.toLowerCase().replace(/\.$/, '')
  const at = { directory, zone }
  const ip = reversedIp(name)
  if (ip) return answerReverse(question, ip, at)
  if (name === zone) return answerApex(question, at)
  if (!name.endsWith(`.${zone}`)) return undefined
  const [sort, ...labels] = name
    .slice(0, -zone.length - 1)
    .split('.')
    .reverse()
  if (sort === 'svc') return labels.length ? answerService(question, labels, at) : empty
  if (sort === 'pod') return labels.length ? answerPod(question, labels, at) : empty
  if (sort !== 'dns-version' || labels.length) return missing
  return question.type === 'TXT'
    ? { ...empty, answers: [{ type: 'TXT', name: question.name, ttl, data: specification }] }
    : empty
}
