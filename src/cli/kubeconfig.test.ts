import { expect, test } from '@jest/globals'
import { localUrl } from './kubeconfig.js'

test.each([
  { listens: 'https://0.0.0.0:6443', reached: 'https://127.0.0.1:6443' },
  { listens: 'https://[::]:6443', reached: 'https://[::1]:6443' },
  { listens: 'https://127.0.0.1:6443', reached: 'https://127.0.0.1:6443' },
  { listens: 'https://10.0.0.0:6443', reached: 'https://10.0.0.0:6443' },
])('a server on $listens is reached at $reached', ({ listens, reached }) => {
  expect(localUrl(listens)).toBe(reached)
})
