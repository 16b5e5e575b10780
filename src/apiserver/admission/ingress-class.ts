/** DefaultIngressClass: an ingress without a class gets the default one. */
import { newestDefault } from '../../apis/newest-default.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import type { AdmissionPlugin } from './admission.js'
import { ingressClasses, type Lookup } from './lookup.js'

export const defaultIngressClass = (lookup: Lookup): AdmissionPlugin => ({
  name: 'DefaultIngressClass',
  operations: ['CREATE'],
  resources: ['ingresses.networking.k8s.io'],
  async mutate({ object }) {
    const spec = (object?.spec ?? {}) as { ingressClassName?: string }
    if (spec.ingressClassName || object?.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
    const classes = await lookup.list<KubernetesObject>(ingressClasses)
    const found = newestDefault(classes, ['ingressclass.kubernetes.io/is-default-class'])
    if (found) spec.ingressClassName = found.metadata.name ?? ''
  },
})
