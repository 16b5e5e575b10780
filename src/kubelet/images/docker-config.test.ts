import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { userCredentials } from './docker-config.js'
import { parseImageName } from './image-name.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'docker-'))
})
afterAll(() => rm(directory, { recursive: true }))

const auth = Buffer.from('me:secret').toString('base64')
const asked: string[] = []
const ask = async (helper: string, registry: string) => {
  asked.push(`${helper} ${registry}`)
  if (registry === 'token.test') return '{"Username":"<token>","Secret":"t"}'
  if (registry === 'helped.test') return '{"Username":"you","Secret":"s"}'
  throw new Error('credentials not found')
}

test.each([
  [{ auths: { 'https://index.docker.io/v1/': { auth } } }, 'me/app', [{ username: 'me', password: 'secret' }]],
  [{ auths: { 'r.test': { auth } } }, 'other.test/app', []],
  [{ auths: { 'helped.test': {} }, credsStore: 'desktop' }, 'helped.test/app', [{ username: 'you', password: 's' }]],
  [{ credHelpers: { 'token.test': 'cloud' } }, 'token.test/app', [{ identitytoken: 't' }]],
  [{ auths: { 'r.test': { auth } }, credsStore: 'desktop' }, 'r.test/app', [{ username: 'me' }]],
])('%j gives for %s: %j', async (config, image, credentials) => {
  await writeFile(join(directory, 'config.json'), JSON.stringify(config))
  const found = await userCredentials(parseImageName(image), directory, ask)
  expect(found).toMatchObject(credentials)
  expect(found).toHaveLength(credentials.length)
})

test('helpers know Docker Hub by its old address', async () => {
  await writeFile(join(directory, 'config.json'), '{"credsStore":"desktop"}')
  await userCredentials(parseImageName('nginx'), directory, ask)
  expect(asked.at(-1)).toBe('desktop https://index.docker.io/v1/')
})

test('without a configuration there is nothing', async () => {
  expect(await userCredentials(parseImageName('nginx'), join(directory, 'none'), ask)).toEqual([])
})
