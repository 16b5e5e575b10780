import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import type { ContainerState, PodStatus } from '../../apis/generated/core-v1.js'
import { limitBytes } from './limit-bytes.js'
import { logSource } from './log-source.js'

const status = (state: ContainerState, lastState: ContainerState = {}): PodStatus => ({
  containerStatuses: [
    {
      name: 'app',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      containerID: 'docker://now',
      state,
      lastState,
    },
  ],
})
const ended = (id: string): ContainerState => ({ terminated: { exitCode: 0, containerID: id ? `docker://${id}` : '' } })
const running: ContainerState = { running: {} }
const waiting = (reason: string): ContainerState => ({ waiting: { reason } })

describe('logSource', () => {
  test.each([
    ['the running container', status(running), false, 'now'],
    ['one that ended', status(ended('done')), false, 'done'],
    [
      'the run before, while it waits for a restart',
      status(waiting('CrashLoopBackOff'), ended('before')),
      false,
      'before',
    ],
    ['the run before, when asked for', status(running, ended('before')), true, 'before'],
  ])('is %s', (_, podStatus, previous, id) => {
    expect(logSource({ pod: 'web', container: 'app', status: podStatus, previous })).toBe(id)
  })

  test.each([
    [
      status(waiting('ContainerCreating')),
      false,
      'container "app" in pod "web" is waiting to start: ContainerCreating',
    ],
    [status(waiting('ErrImagePull')), false, `container "app" in pod "web" is waiting to start: image can't be pulled`],
    [
      status(waiting('ImagePullBackOff')),
      false,
      'container "app" in pod "web" is waiting to start: trying and failing to pull image',
    ],
    [status(running), true, 'previous terminated container "app" in pod "web" not found'],
    [status(ended('')), false, 'container "app" in pod "web" is terminated'],
    [{}, false, 'container "app" in pod "web" is not available'],
  ])('of %j refuses', (podStatus, previous, message) => {
    expect(() => logSource({ pod: 'web', container: 'app', status: podStatus, previous })).toThrow(message)
  })
})

test.each([
  [3, 'abc'],
  [5, 'abcde'],
  [100, 'abcdef'],
])('limitBytes cuts after %i', async (limit, expected) => {
  expect(await text(limitBytes(Readable.from([Buffer.from('abcd'), Buffer.from('ef')]), limit))).toBe(expected)
})
