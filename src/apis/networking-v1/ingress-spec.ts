/** Validation of an Ingress' rules, paths, backends and TLS. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { parseIp } from '../../machinery/ip.js'
import {
  isValidPortName,
  isValidPortNumber,
  nameIsDns1035Label,
  nameIsDnsSubdomain,
} from '../../machinery/name-rules.js'
import { isDns1123Subdomain, isWildcardDns1123Subdomain } from '../../machinery/names.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from '../generated/networking-v1.js'
import { formatErrors, validateDnsSubdomain } from '../validation/text.js'
import { validateTypedReference } from './typed-reference.js'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const invalidSequences = ['//', '/./', '/../', '%2f', '%2F']
const invalidSuffixes = ['/..', '/.']

export function* validateIngressSpec(spec: IngressSpec, path: string): Generator<FieldError> {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec
  if (!rules.length && !defaultBackend)
    yield invalid(path, spec.rules ?? givenEmpty(spec, 'rules'), 'either `defaultBackend` or `rules` must be specified')
  if (defaultBackend) yield* validateBackend(defaultBackend, `${path}.defaultBackend`)
  for (const [i, rule] of rules.entries()) yield* validateRule(rule, `${path}.rules[${i}]`)
  for (const [i, entry] of tls.entries()) yield* validateTls(entry, `${path}.tls[${i}]`)
  if (ingressClassName !== undefined) yield* validateDnsSubdomain(ingressClassName, `${path}.ingressClassName`)
}

const validateHost = (host: string, path: string) =>
  formatErrors(host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain, host, path)

function* validateTls({ hosts = [], secretName }: IngressTLS, path: string): Generator<FieldError> {
  for (const [i, host] of hosts.entries()) yield* validateHost(host, `${path}.hosts[${i}]`)
  if (secretName) yield* formatErrors(name => nameIsDnsSubdomain(name, false), secretName, `${path}.secretName`)
}

function* validateRule({ host, http }: IngressRule, path: string): Generator<FieldError> {
  if (host) {
    if (parseIp(host)) yield invalid(`${path}.host`, host, 'must be a DNS name, not an IP address')
    yield* validateHost(host, `${path}.host`)
  }
  if (!http) return
  if (!http.paths?.length) yield required(`${path}.http.paths`)
  for (const [i, entry] of (http.paths ?? []).entries()) yield* validatePath(entry, `${path}.http.paths[${i}]`)
}

function* validatePath({ path = '', pathType, backend }: HTTPIngressPath, field: string): Generator<FieldError> {
  if (pathType === undefined || pathType === null) {
    yield required(`${field}.pathType`, 'pathType must be specified')
    return
  }
  const relative = !path.startsWith('/')
  if (!pathTypes.includes(pathType)) {
    yield notSupported(`${field}.pathType`, pathType, pathTypes)
  } else if (pathType === 'ImplementationSpecific') {
    if (path && relative) yield invalid(`${field}.path`, path, 'must be an absolute path')
  } else {
    if (relative) yield invalid(`${field}.path`, path, 'must be an absolute path')
    for (const sequence of invalidSequences)
      if (path.includes(sequence)) yield invalid(`${field}.path`, path, `must not contain '${sequence}'`)
    for (const suffix of invalidSuffixes)
      if (path.endsWith(suffix)) yield invalid(`${field}.path`, path, `cannot end with '${suffix}'`)
  }
  yield* validateBackend(backend, `${field}.backend`)
}

function* validateBackend(backend: IngressBackend | undefined, path: string): Generator<FieldError> {
  const { resource, service } = backend ?? {}
  if (resource && service) yield invalid(path, '', 'cannot set both resource and service backends')
  else if (resource) yield* validateTypedReference(resource, `${path}.resource`)
  else if (service) yield* validateServiceBackend(service, path)
  else yield invalid(path, '', 'resource or service backend is required')
}

function* validateServiceBackend({ name, port }: IngressServiceBackend, path: string): Generator<FieldError> {
  if (!name) yield required(`${path}.service.name`)
  else yield* formatErrors(text => nameIsDns1035Label(text, false), name, `${path}.service.name`)
  const { name: portName, number } = port ?? {}
  if (portName && number) yield invalid(path, '', 'cannot set both port name & port number')
  else if (portName) yield* formatErrors(isValidPortName, portName, `${path}.service.port.name`)
  else if (number)
    for (const message of isValidPortNumber(number)) yield invalid(`${path}.service.port.number`, number, message)
  else yield required(path, 'port name or number is required')
}
