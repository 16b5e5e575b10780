import { describe, expect, test } from '@jest/globals'
import type { Node, PersistentVolume } from '../../apis/generated/core-v1.js'
import { type NodeView, planNode, type Wanted } from './plan.js'
import { attachmentFor, attachmentName, uniqueName, volumeOfName } from './volume.js'

const csi = { driver: 'disk.example.com', handle: 'vol-1' }
const name = uniqueName(csi)
const volume = (accessModes = ['ReadWriteOnce']): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'data' },
  spec: { accessModes, csi: { driver: csi.driver, volumeHandle: csi.handle } },
})
const wanted = (accessModes?: string[]): [string, Wanted] => [name, { volume: volume(accessModes), csi, pods: [] }]
const attached = (status: object = { attached: true }, metadata: object = {}) => {
  const attachment = attachmentFor(volume(), csi, 'one')
  return { name, attachment: { ...attachment, metadata: { ...attachment.metadata, ...metadata }, status } as never }
}
const newNode = (ready: boolean, taint?: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'one' },
  spec: { ...(taint && { taints: [{ key: taint, effect: 'NoExecute' }] }) },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
})

const minute = 60_000
const outcome = (view: Partial<NodeView>) => {
  const plan = planNode({
    node: newNode(true),
    wanted: new Map(),
    attached: [],
    inUse: () => false,
    elsewhere: () => [],
    unwantedSince: () => 0,
    now: 0,
    ...view,
  })
  return {
    ...(plan.attach.length && { attach: plan.attach.length }),
    ...(plan.detach.length && { detach: plan.detach.map(({ force }) => force ?? 'unused') }),
    ...(plan.blocked.length && { blockedBy: plan.blocked.flatMap(({ nodes }) => nodes) }),
    ...(plan.report.length && { report: plan.report.map(each => each.name) }),
    ...(plan.waitMs !== undefined && { waitMs: plan.waitMs }),
  }
}

describe('what becomes of a volume on a node', () => {
  const report = [name]
  test.each<[string, Partial<NodeView>, object]>([
    ['needed, not there: attached', { wanted: new Map([wanted()]) }, { attach: 1 }],
    ['asked for: nothing yet', { wanted: new Map([wanted()]), attached: [attached({ attached: false })] }, {}],
    ['attached: told', { wanted: new Map([wanted()]), attached: [attached()] }, { report }],
    [
      'being detached: waited for',
      { wanted: new Map([wanted()]), attached: [attached({}, { deletionTimestamp: 'x' })] },
      {},
    ],
    ['elsewhere: blocked', { wanted: new Map([wanted()]), elsewhere: () => ['two'] }, { blockedBy: ['two'] }],
    [
      'elsewhere, for many: attached',
      { wanted: new Map([wanted(['ReadWriteMany'])]), elsewhere: () => ['two'] },
      { attach: 1 },
    ],
    ['elsewhere, of no mode: attached', { wanted: new Map([wanted([])]), elsewhere: () => ['two'] }, { attach: 1 }],
    ['not needed: detached', { attached: [attached()] }, { detach: ['unused'] }],
    ['not needed, mounted: stays', { attached: [attached()], inUse: () => true, now: 7 * minute }, { report }],
    [
      'not needed, mounted on a lost node: stays a while',
      { attached: [attached()], inUse: () => true, node: newNode(false), now: minute },
      { report, waitMs: 5 * minute },
    ],
    [
      'not needed, mounted on a lost node for six minutes: goes',
      { attached: [attached()], inUse: () => true, node: newNode(false), now: 6 * minute },
      { detach: ['timeout'] },
    ],
    [
      'not needed, mounted on a node that is gone: goes after six minutes',
      { attached: [attached()], inUse: () => true, node: undefined, now: 6 * minute },
      { detach: ['timeout'] },
    ],
    [
      'not needed, mounted on a node out of service: goes at once',
      { attached: [attached()], inUse: () => true, node: newNode(true, 'node.kubernetes.io/out-of-service') },
      { detach: ['out-of-service'] },
    ],
  ])('%s', (_, view, expected) => expect(outcome(view)).toEqual(expected))
})

test('names are those that stock kube-controller-manager v1.34.4 gave', () => {
  expect(attachmentName(csi, 'one')).toBe('csi-a509581e44ef7c663d02aa9842eb83f33f670a8003621ed016d809a7ef302ec2')
  expect(name).toBe('kubernetes.io/csi/disk.example.com^vol-1')
  expect(volumeOfName(name)).toEqual(csi)
  expect(volumeOfName('kubernetes.io/nfs/a')).toBeUndefined()
})
