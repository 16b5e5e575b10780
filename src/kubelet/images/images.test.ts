import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import type { ContainerEvents } from '../events.js'
import { type Runtime, RuntimeError } from '../runtime/runtime.js'
import type { ImageStatus } from '../runtime/types.js'
import { container, newPod } from '../testing/pods.js'
import { credentialsFor } from './credentials.js'
import { parseImageName } from './image-name.js'
import { ImagePuller } from './image-puller.js'

describe('parseImageName', () => {
  test.each([
    ['nginx', 'nginx:latest', 'docker.io'],
    ['nginx:1.27', 'nginx:1.27', 'docker.io'],
    ['team/app', 'team/app:latest', 'docker.io'],
    ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10', 'registry.k8s.io'],
    [`app@sha256:${'a'.repeat(64)}`, `app@sha256:${'a'.repeat(64)}`, 'docker.io'],
  ])('%s means %s of %s', (image, full, registry) => {
    expect(parseImageName(image)).toMatchObject({ full, registry })
  })

  test.each([
    ['NOPE!', `couldn't parse image name "NOPE!": invalid reference format`],
    ['', `couldn't parse image name "": invalid reference format`],
    [
      'Team/App',
      `couldn't parse image name "Team/App": invalid reference format: repository name (Team/App) must be lowercase`,
    ],
  ])('refuses %j', (image, message) => {
    expect(() => parseImageName(image)).toThrow(message)
  })
})

test('credentials are those of the registry, the most specific path first', () => {
  const auths = {
    'https://index.docker.io/v1/': { username: 'hub', password: 'a' },
    'r.io': { auth: Buffer.from('me:pw:x').toString('base64') },
    'r.io/team': { username: 'team' },
    '*.r.io': { username: 'star' },
  }
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') }
  const secret = { metadata: {}, type: 'kubernetes.io/dockerconfigjson', data }
  const users = (image: string) => credentialsFor(parseImageName(image), [secret]).map(({ username }) => username)
  expect(users('nginx')).toEqual(['hub'])
  expect(users('r.io/team/app')).toEqual(['team', 'me'])
  expect(users('r.io/teammate/app')).toEqual(['me'])
  expect(users('x.r.io/app')).toEqual(['star'])
  expect(credentialsFor(parseImageName('r.io/a'), [secret])[0]).toMatchObject({ password: 'pw:x' })
})

describe('ImagePuller', () => {
  const image: ImageStatus = { id: 'sha256:1', tags: [], digests: [], sizeBytes: 42, user: '' }

  function setUp(present: boolean, pull: () => Promise<void> = async () => {}) {
    const clock = new FakeClock()
    const told: string[] = []
    const events: ContainerEvents = {
      normal: (r, m) => void told.push(`${r}: ${m}`),
      warning: (r, m) => void told.push(`${r}! ${m}`),
    }
    let there = present
    let pulls = 0
    const runtime = {
      imageStatus: async () => (there ? image : undefined),
      pullImage: async () => {
        pulls++
        await pull()
        there = true
      },
    } as unknown as Runtime
    const puller = new ImagePuller({ runtime, clock, log: silentLogger })
    const ensure = (imagePullPolicy: string, name = 'app:1') =>
      puller
        .ensure({
          pod: newPod(),
          container: container('app', { image: name, imagePullPolicy }),
          pullSecrets: async () => [],
          events,
          signal: new AbortController().signal,
        })
        .catch(error => `${error.reason}: ${error.message}`)
    return { clock, told, ensure, pulls: () => pulls }
  }

  const offline = async () => {
    throw new RuntimeError('other', 'dial tcp: lookup registry: no such host')
  }

  test('uses what is present', async () => {
    const { ensure, told, pulls } = setUp(true)
    expect(await ensure('IfNotPresent')).toBe(image)
    expect([told, pulls()]).toEqual([['Pulled: Container image "app:1" already present on machine'], 0])
  })

  test('pulls what is missing', async () => {
    const { ensure, told } = setUp(false)
    expect(await ensure('IfNotPresent')).toBe(image)
    expect(told[0]).toBe('Pulling: Pulling image "app:1"')
    expect(told[1]).toMatch(
      /^Pulled: Successfully pulled image "app:1" in .* \(.* including waiting\)\. Image size: 42 bytes\.$/,
    )
  })

  test('never pulls with policy Never', async () => {
    expect(await setUp(false).ensure('Never')).toBe(
      'ErrImageNeverPull: Container image "app:1" is not present with pull policy of Never',
    )
    expect(await setUp(true).ensure('Never')).toBe(image)
  })

  test('uses a local image with policy Always when the registry cannot be reached, and leaves that alone for a while', async () => {
    const { ensure, told, pulls, clock } = setUp(true, offline)
    expect(await ensure('Always')).toBe(image)
    expect(await ensure('Always')).toBe(image)
    expect(pulls()).toBe(1)
    expect(told.some(line => line.includes('!'))).toBe(false)
    await clock.advance(5 * 60_000)
    await ensure('Always')
    expect(pulls()).toBe(2)
  })

  test('backs off when an image cannot be had', async () => {
    const { ensure, told, clock } = setUp(false, offline)
    const failure = 'dial tcp: lookup registry: no such host'
    expect(await ensure('Always')).toBe(`ErrImagePull: ${failure}`)
    expect(told).toContain(`Failed! Failed to pull image "app:1": ${failure}`)
    expect(await ensure('Always')).toBe(`ImagePullBackOff: Back-off pulling image "app:1": ErrImagePull: ${failure}`)
    await clock.advance(10_000)
    expect(await ensure('Always')).toBe(`ErrImagePull: ${failure}`)
    await clock.advance(10_000)
    expect(await ensure('Always')).toContain('ImagePullBackOff')
  })

  test('refuses what is no image name', async () => {
    expect(await setUp(true).ensure('Always', 'NOPE!')).toContain(
      'InvalidImageName: Failed to apply default image tag "NOPE!"',
    )
  })
})
