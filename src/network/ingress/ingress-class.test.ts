import { expect, test } from '@jest/globals'
import type { Ingress, IngressClass } from '../../apis/generated/networking-v1.js'
import { isServed } from './ingress-class.js'
import { planStatus } from './ingress-status.js'

const classes: Record<string, IngressClass> = {
  ours: { metadata: { name: 'ours' }, spec: { controller: 'minik8s.dev/ingress' } },
  theirs: { metadata: { name: 'theirs' }, spec: { controller: 'k8s.io/ingress-nginx' } },
}
const newIngress = (ingressClassName?: string, annotation?: string): Ingress => ({
  metadata: { name: 'web', ...(annotation && { annotations: { 'kubernetes.io/ingress.class': annotation } }) },
  spec: { ...(ingressClassName && { ingressClassName }) },
})

test.each<[string, Ingress, boolean]>([
  ['of nobody', newIngress(), true],
  ['of our class', newIngress('ours'), true],
  ['of a class of others', newIngress('theirs'), false],
  ['of a class that is not there', newIngress('gone'), false],
  ['annotated with our class', newIngress(undefined, 'ours'), true],
  ['annotated with one of others', newIngress(undefined, 'theirs'), false],
  ['of our class, whatever the annotation says', newIngress('ours', 'theirs'), true],
])('an Ingress %s', (_, ingress, served) => {
  expect(isServed(ingress, name => classes[name])).toBe(served)
})

const ports = (...list: number[]) => list.map(port => ({ port, protocol: 'TCP' }))
test.each([
  ['nothing yet', [], [80, 443], [{ ip: '127.0.0.1', ports: ports(80, 443) }]],
  ['what is right', [{ ip: '127.0.0.1', ports: ports(80) }], [80], undefined],
  ['other ports', [{ ip: '127.0.0.1', ports: ports(80) }], [8080], [{ ip: '127.0.0.1', ports: ports(8080) }]],
  ['what others wrote', [{ ip: '203.0.113.1' }], [80], undefined],
  ['a name that others wrote', [{ hostname: 'lb.test' }], [80], undefined],
  ['nothing, and no port is to be had', [], [], undefined],
])('a status that says %s', (_, now, actual, expected) => {
  const ingress = { ...newIngress(), status: { loadBalancer: { ingress: now } } }
  expect(planStatus(ingress, '127.0.0.1', actual)).toEqual(expected)
})
