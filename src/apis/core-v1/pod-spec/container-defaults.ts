/** Defaults of containers and their probes and hooks: upstream's SetDefaults_Container and what lies below it. */
import type {
  Container,
  ContainerPort,
  EnvVar,
  EphemeralContainer,
  LifecycleHandler,
  Probe,
} from '../../generated/core-v1.js'
import { canonicalQuantity, canonicalResourceList } from '../resource-list.js'
import { defaultPullPolicy } from './image-name.js'

interface HttpGet {
  path?: string
  scheme?: string
}

function setHttpGetDefaults(action: HttpGet | undefined): void {
  if (!action) return
  action.path ||= '/'
  action.scheme ||= 'HTTP'
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (!probe) return
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  setHttpGetDefaults(probe.httpGet)
  if (probe.grpc) probe.grpc.service ??= ''
}

const setHandlerDefaults = (handler: LifecycleHandler | undefined): void => setHttpGetDefaults(handler?.httpGet)

function setEnvDefaults({ valueFrom }: EnvVar): void {
  if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
  const resource = valueFrom?.resourceFieldRef
  if (resource) resource.divisor = canonicalQuantity(resource.divisor ?? '0')
  if (valueFrom?.configMapKeyRef) valueFrom.configMapKeyRef.name ??= ''
  if (valueFrom?.secretKeyRef) valueFrom.secretKeyRef.name ??= ''
}

function setPortDefaults(port: ContainerPort): void {
  port.protocol ||= 'TCP'
}

/** Fills in one container of any sort. */
export function setContainerDefaults(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image)
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.ports?.forEach(setPortDefaults)
  container.env?.forEach(setEnvDefaults)
  container.resources ??= {}
  canonicalResourceList(container.resources.limits)
  canonicalResourceList(container.resources.requests)
  setProbeDefaults(container.livenessProbe)
  setProbeDefaults(container.readinessProbe)
  setProbeDefaults(container.startupProbe)
  setHandlerDefaults(container.lifecycle?.postStart)
  setHandlerDefaults(container.lifecycle?.preStop)
}
