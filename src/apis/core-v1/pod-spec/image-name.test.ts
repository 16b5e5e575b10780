import { expect, test } from '@jest/globals'
import { defaultPullPolicy, parseImageName } from './image-name.js'

const digest = `sha256:${'a'.repeat(64)}`

test.each<[string, string]>([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.2', 'docker.io/library/nginx:1.2'],
  ['me/nginx', 'docker.io/me/nginx:latest'],
  ['localhost/nginx', 'localhost/nginx:latest'],
  ['localhost:5000/a/b:c', 'localhost:5000/a/b:c'],
  ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.9'],
  ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest'],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  [`nginx:1.2@${digest}`, `docker.io/library/nginx:1.2@${digest}`],
])('%s is %s', (text, wanted) => {
  const name = parseImageName(text)
  const tag = name?.tag && `:${name.tag}`
  const pinned = name?.digest && `@${name.digest}`
  expect(`${name?.repository}${tag}${pinned}`).toBe(wanted)
})

test.each(['', 'Nginx', 'a//b', 'nginx:', 'nginx:a b', '-x', 'a'.repeat(64), `${'x'.repeat(300)}/y`])(
  '%p is no image name',
  text => {
    expect(parseImageName(text)).toBeUndefined()
  },
)

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1', 'IfNotPresent'],
  [`nginx@${digest}`, 'IfNotPresent'],
  [undefined, 'IfNotPresent'],
  ['Not An Image', 'IfNotPresent'],
])('%s is pulled %s', (image, policy) => {
  expect(defaultPullPolicy(image)).toBe(policy)
})
