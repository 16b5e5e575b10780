import { expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import { prepareDevices } from './prepare-devices.js'

const pod: Pod = {
  metadata: { namespace: 'default', name: 'p', uid: 'u' },
  spec: { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimName: 'one' }] },
}
const claim = (status: object): ResourceClaim => ({
  metadata: { namespace: 'default', name: 'one', uid: 'c' },
  spec: {},
  status,
})
const reservedFor = [{ resource: 'pods', name: 'p', uid: 'u' }]
const allocation = { devices: { results: [{ driver: 'gpu.example.com' }] } }

test.each([
  [claim({ reservedFor, allocation }), 'prepare dynamic resources: DRA driver gpu.example.com is not registered'],
  [claim({ allocation }), 'prepare dynamic resources: pod p (u) is not allowed to use ResourceClaim one (c)'],
])('what the pod is told: %#', (stored, why) => expect(prepareDevices(pod, async () => stored)).rejects.toThrow(why))

test('a pod without claims asks for nothing', async () => {
  await prepareDevices({ ...pod, spec: { containers: [] } }, () => Promise.reject(new Error('asked')))
})
