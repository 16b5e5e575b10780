/** The parts of a pod that admission reads and fills. */
import type { AnyObject, KubernetesObject } from '../../machinery/object-meta.js'

export interface ResourceRequirements {
  requests?: Record<string, string>
  limits?: Record<string, string>
}

export interface AdmittedContainer {
  name: string
  restartPolicy?: string
  resources?: ResourceRequirements
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export interface AdmittedPod extends KubernetesObject {
  spec: {
    serviceAccountName?: string
    serviceAccount?: string
    automountServiceAccountToken?: boolean
    imagePullSecrets?: { name?: string }[]
    /** Absent in a pod that validation has yet to refuse. */
    containers?: AdmittedContainer[]
    initContainers?: AdmittedContainer[]
    volumes?: ({ name: string } & Record<string, unknown>)[]
    tolerations?: Toleration[]
    nodeName?: string
    nodeSelector?: Record<string, string>
    priority?: number
    priorityClassName?: string
    preemptionPolicy?: string
    runtimeClassName?: string
    overhead?: Record<string, string>
    resources?: ResourceRequirements
  }
}

/** The object of a request on pods. */
export const asPod = (object: AnyObject | undefined): AdmittedPod => object as unknown as AdmittedPod

export const mirrorAnnotation = 'kubernetes.io/config.mirror'
export const isMirrorPod = (pod: AdmittedPod): boolean => pod.metadata.annotations?.[mirrorAnnotation] !== undefined
