/** Baseline checks of what a pod may take from its host: namespaces, paths, ports, privileges, kernel settings. */
import type { LifecycleHandler, Probe } from '../../../apis/generated/core-v1.js'
import {
  type Check,
  type CheckedPod,
  containersOf,
  distinct,
  namedContainers,
  namesWhere,
  pluralize,
  quoteAll,
  setters,
  type Violation,
} from './check.js'

const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

function capabilities(pod: CheckedPod): Violation | undefined {
  const added = (container: (typeof pod.spec.containers)[number]) =>
    (container.securityContext?.capabilities?.add ?? []).filter(name => !defaultCapabilities.has(name))
  const names = namesWhere(pod, container => added(container).length > 0)
  if (!names.length) return undefined
  const all = distinct(containersOf(pod).flatMap(added))
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(names)} must not include ${quoteAll(all)} in securityContext.capabilities.add`,
  }
}

function hostNamespaces({ spec }: CheckedPod): Violation | undefined {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(field => spec[field])
  if (!used.length) return undefined
  return { reason: 'host namespaces', detail: used.map(field => `${field}=true`).join(', ') }
}

function hostPathVolumes({ spec }: CheckedPod): Violation | undefined {
  const names = (spec.volumes ?? []).filter(volume => volume.hostPath).map(volume => volume.name)
  if (!names.length) return undefined
  return { reason: 'hostPath volumes', detail: `${pluralize('volume', names.length)} ${quoteAll(names)}` }
}

function hostPorts(pod: CheckedPod): Violation | undefined {
  const names = namesWhere(pod, container => container.ports?.some(port => port.hostPort) ?? false)
  if (!names.length) return undefined
  const used = containersOf(pod).flatMap(container => (container.ports ?? []).map(port => port.hostPort ?? 0))
  const ports = distinct(used.filter(Boolean).map(String))
  const uses = pluralize('uses', names.length, 'use')
  return {
    reason: 'hostPort',
    detail: `${namedContainers(names)} ${uses} ${pluralize('hostPort', ports.length)} ${ports.join(', ')}`,
  }
}

const hostsOf = (handler: Probe | LifecycleHandler | undefined): string[] =>
  [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(host => host !== undefined && host !== '') as string[]

function probeHosts(pod: CheckedPod): Violation | undefined {
  const found = containersOf(pod).map(container => ({
    name: container.name,
    hosts: [
      ...[container.livenessProbe, container.readinessProbe, container.startupProbe].flatMap(hostsOf),
      ...[container.lifecycle?.postStart, container.lifecycle?.preStop].flatMap(hostsOf),
    ],
  }))
  const bad = found.filter(({ hosts }) => hosts.length)
  if (!bad.length) return undefined
  const names = distinct(bad.map(({ name }) => name))
  const hosts = distinct(bad.flatMap(each => each.hosts))
  const uses = pluralize('uses', names.length, 'use')
  return {
    reason: 'probe or lifecycle host',
    detail: `${namedContainers(names)} ${uses} ${pluralize('probe or lifecycle host', hosts.length)} ${quoteAll(hosts)}`,
  }
}

function privileged(pod: CheckedPod): Violation | undefined {
  const names = namesWhere(pod, container => container.securityContext?.privileged === true)
  if (!names.length) return undefined
  return { reason: 'privileged', detail: `${namedContainers(names)} must not set securityContext.privileged=true` }
}

function procMount(pod: CheckedPod): Violation | undefined {
  const bad = containersOf(pod).filter(c => (c.securityContext?.procMount ?? 'Default') !== 'Default')
  if (!bad.length) return undefined
  const types = distinct(bad.map(container => container.securityContext!.procMount!))
  const who = namedContainers(bad.map(container => container.name))
  return { reason: 'procMount', detail: `${who} must not set securityContext.procMount to ${quoteAll(types)}` }
}

const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const safeSince27 = [...safeSysctls, 'net.ipv4.ip_local_reserved_ports']
const safeSince29 = [
  ...safeSince27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]
const safeSince32 = [...safeSince29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

const sysctls =
  (safe: readonly string[]) =>
  ({ spec }: CheckedPod): Violation | undefined => {
    const names = (spec.securityContext?.sysctls ?? []).map(sysctl => sysctl.name).filter(name => !safe.includes(name))
    return names.length ? { reason: 'forbidden sysctls', detail: names.join(', ') } : undefined
  }

function windowsHostProcess(pod: CheckedPod): Violation | undefined {
  const names = namesWhere(pod, container => container.securityContext?.windowsOptions?.hostProcess === true)
  const who = setters(pod.spec.securityContext?.windowsOptions?.hostProcess === true, names)
  if (!who) return undefined
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` }
}

export const hostChecks: readonly Check[] = [
  { id: 'capabilities_baseline', since: 0, find: capabilities },
  { id: 'hostNamespaces', since: 0, find: hostNamespaces },
  { id: 'hostPathVolumes', since: 0, find: hostPathVolumes },
  { id: 'hostPorts', since: 0, find: hostPorts },
  { id: 'hostProbesAndHostLifecycle', since: 34, find: probeHosts },
  { id: 'privileged', since: 0, find: privileged },
  { id: 'procMount', since: 0, find: procMount },
  { id: 'sysctls', since: 0, until: 27, find: sysctls(safeSysctls) },
  { id: 'sysctls', since: 27, until: 29, find: sysctls(safeSince27) },
  { id: 'sysctls', since: 29, until: 32, find: sysctls(safeSince29) },
  { id: 'sysctls', since: 32, find: sysctls(safeSince32) },
  { id: 'windowsHostProcess', since: 0, find: windowsHostProcess },
]
