import { expect, test } from '@jest/globals'
import type Docker from 'dockerode'
import { removeContainer } from './remove-container.js'

const answering = (statusCode: number) => async () => {
  if (statusCode >= 400) throw Object.assign(new Error(`HTTP ${statusCode}`), { statusCode, json: { message: 'why' } })
}

test.each([
  ['is there', 204, []],
  ['is gone', 404, []],
  ['is being removed', 409, ['removed']],
])('a container that %s', async (_, statusCode, expected) => {
  const waited: string[] = []
  const container = {
    remove: answering(statusCode),
    wait: async ({ condition }: { condition: string }) => void waited.push(condition),
  } as unknown as Docker.Container
  await removeContainer(container)
  expect(waited).toEqual(expected)
})

test('what else goes wrong is told', async () => {
  const container = { remove: answering(500) } as unknown as Docker.Container
  await expect(removeContainer(container)).rejects.toThrow()
})
