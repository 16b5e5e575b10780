/** The environment of a container: envFrom, env with references, then the service variables nobody set. */
import type { ConfigMap, EnvFromSource, EnvVar as EnvVarSpec, Secret, Service } from '../../apis/generated/core-v1.js'
import { isReason } from '../../machinery/status-error.js'
import type { AnyContainer } from '../pods/pod.js'
import type { EnvVar } from '../runtime/types.js'
import { expandVariables } from './expand.js'
import { type DownwardContext, fieldValue, needsPodIP, resourceValue } from './field-ref.js'
import { serviceVariables } from './service-env.js'

/** Where values come from that are not in the pod. Both reject with NotFound. */
export interface ConfigSource {
  configMap(namespace: string, name: string): Promise<ConfigMap>
  secret(namespace: string, name: string): Promise<Secret>
}

export interface EnvironmentContext extends DownwardContext {
  config: ConfigSource
  services: Iterable<Service>
}

const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

async function unlessOptional<T>(found: Promise<T>, optional: boolean | undefined): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (optional && isReason(error, 'NotFound')) return undefined
    throw error
  }
}

async function fromSource(source: EnvFromSource, context: EnvironmentContext): Promise<[string, string][]> {
  const { configMapRef, secretRef, prefix = '' } = source
  const namespace = context.pod.metadata.namespace ?? ''
  if (configMapRef) {
    const { name = '', optional } = configMapRef
    const map = await unlessOptional(context.config.configMap(namespace, name), optional)
    return Object.entries(map?.data ?? {}).map(([key, value]) => [prefix + key, value])
  }
  if (secretRef) {
    const { name = '', optional } = secretRef
    const secret = await unlessOptional(context.config.secret(namespace, name), optional)
    return Object.entries(secret?.data ?? {}).map(([key, value]) => [prefix + key, decode(value)])
  }
  return []
}

/** Undefined leaves the variable out: optional, and not there. */
async function fromKey({ valueFrom }: EnvVarSpec, { pod, config }: EnvironmentContext): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? ''
  if (valueFrom?.configMapKeyRef) {
    const { name = '', key, optional } = valueFrom.configMapKeyRef
    const map = await unlessOptional(config.configMap(namespace, name), optional)
    const value = map?.data?.[key]
    if (value === undefined && map && !optional)
      throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
    return value
  }
  if (valueFrom?.secretKeyRef) {
    const { name = '', key, optional } = valueFrom.secretKeyRef
    const secret = await unlessOptional(config.secret(namespace, name), optional)
    const value = secret?.data?.[key]
    if (value === undefined && secret && !optional)
      throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`)
    return value === undefined ? undefined : decode(value)
  }
  return ''
}

async function resolveValue(
  variable: EnvVarSpec,
  container: AnyContainer,
  context: EnvironmentContext,
): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef } = variable.valueFrom ?? {}
  if (fieldRef) return fieldValue(fieldRef, context)
  if (resourceFieldRef) return resourceValue(resourceFieldRef, container, context)
  return fromKey(variable, context)
}

/** Rejects with upstream's message when a reference leads nowhere: then the container waits with CreateContainerConfigError. */
export async function environmentOf(container: AnyContainer, context: EnvironmentContext): Promise<EnvVar[]> {
  const { pod, services } = context
  const links = pod.spec.enableServiceLinks ?? true
  const ofServices = serviceVariables(services, pod.metadata.namespace ?? '', links)
  const values = new Map<string, string>()
  for (const source of container.envFrom ?? [])
    for (const [name, value] of await fromSource(source, context)) values.set(name, value)
  const visible = new Map([...ofServices, ...values])
  for (const variable of container.env ?? []) {
    const value = variable.value
      ? expandVariables(variable.value, visible)
      : variable.valueFrom
        ? await resolveValue(variable, container, context)
        : ''
    if (value === undefined) continue
    values.set(variable.name, value)
    visible.set(variable.name, value)
  }
  for (const [name, value] of ofServices) if (!values.has(name)) values.set(name, value)
  return [...values].map(([name, value]) => ({ name, value }))
}

/** Whether the environment is known only once the sandbox has its address. */
export const environmentNeedsPodIP = ({ env }: AnyContainer): boolean =>
  (env ?? []).some(({ valueFrom }) => valueFrom?.fieldRef && needsPodIP(valueFrom.fieldRef))
