import { expect, test } from '@jest/globals'
import type Docker from 'dockerode'
import { makeNetwork } from './one-network.js'

const modes = {
  'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected',
  'com.docker.network.bridge.gateway_mode_ipv6': 'nat-unprotected',
}

/** A daemon that keeps what it is asked to make. */
function daemonOf(ApiVersion: string) {
  const made: Docker.NetworkCreateOptions[] = []
  const docker = {
    version: async () => ({ ApiVersion }),
    createNetwork: async (options: Docker.NetworkCreateOptions) => made.push(options),
    getNetwork: () => ({ inspect: async () => ({ Id: 'f'.repeat(64), Options: made[0]?.Options }) }),
  }
  return { made, docker: docker as unknown as Docker }
}

test.each([
  ['1.41', {}],
  ['1.47', {}],
  ['1.48', modes],
  ['1.51', modes],
  ['2.0', modes],
])('Docker of API %s is asked for networks that packets of others may enter', async (version, options) => {
  const { made, docker } = daemonOf(version)
  const network = await makeNetwork(docker, { cluster: 'c', name: 'minik8s-c', bridge: 'mk8-c' })
  expect(made).toMatchObject([{ Name: 'minik8s-c', Driver: 'bridge' }])
  expect(made[0]?.Options).toEqual({ 'com.docker.network.bridge.name': 'mk8-c', ...options })
  expect(network.bridge).toBe('mk8-c')
})
