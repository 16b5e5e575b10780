import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import type { RegistryCredentials } from '../../types.js'
import { ownArchitecture } from '../image-archive.js'
import { ImageStore, imageStatusOf } from '../image-store.js'
import { parseChallenges } from './challenge.js'
import { pullImage } from './pull-image.js'

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** What the registry has, by path below /v2/. */
const contents = new Map<string, Buffer>()
let challenge: string | undefined
let wantedAuthorization = ''
const asked: { method: string; url: string; authorization: string | undefined }[] = []
let server: Server
let registry = ''
let directory = ''

const isWelcome = ({ headers }: IncomingMessage) => !challenge || headers.authorization === wantedAuthorization

beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '', method = '', headers } = request
    asked.push({ method, url, authorization: headers.authorization })
    if (url.startsWith('/token')) {
      const isKnown = headers.authorization === `Basic ${Buffer.from('me:secret').toString('base64')}`
      response.writeHead(isKnown ? 200 : 401).end(isKnown ? JSON.stringify({ token: 'granted' }) : '')
      return
    }
    if (!isWelcome(request)) {
      response.writeHead(401, { 'www-authenticate': challenge }).end()
      return
    }
    const content = contents.get(url.replace('/v2/', ''))
    response.writeHead(content ? 200 : 404).end(content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-pull-'))
  contents.clear()
  challenge = undefined
  asked.length = 0
})
afterEach(() => rmSync(directory, { recursive: true }))

async function layer(files: Record<string, string>): Promise<Buffer> {
  const archive = pack()
  const ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  for (const [name, text] of Object.entries(files)) archive.entry({ name, mode: 0o644, ...ids }, text)
  archive.finalize()
  return buffer(archive)
}

function publish(path: string, bytes: Buffer): { digest: string; size: number } {
  const digest = sha256(bytes)
  contents.set(`${path}/blobs/${digest}`, bytes)
  return { digest, size: bytes.length }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** An image of two layers for this machine, in an index beside one for another. */
async function publishImage(path: string, tag: string) {
  const config = publish(path, json({ architecture: ownArchitecture(), config: { Cmd: ['run'], User: '7' } }))
  const layers = [await layer({ a: 'first', b: 'first' }), gzipSync(await layer({ b: 'second', '.wh.a': '' }))]
  const manifest = json({ schemaVersion: 2, config, layers: layers.map(bytes => publish(path, bytes)) })
  contents.set(`${path}/manifests/${sha256(manifest)}`, manifest)
  const platforms = [
    { digest: sha256(Buffer.from('another')), platform: { os: 'linux', architecture: 's390x' } },
    { digest: sha256(manifest), platform: { os: 'linux', architecture: ownArchitecture() } },
  ]
  const index = json({ schemaVersion: 2, manifests: platforms })
  contents.set(`${path}/manifests/${tag}`, index)
  contents.set(`${path}/manifests/${sha256(index)}`, index)
  return { id: config.digest, digest: sha256(index), last: sha256(layers[1]!) }
}

const pull = (image: string, credentials?: RegistryCredentials) => {
  const images = new ImageStore(join(directory, 'images'))
  const { signal } = new AbortController()
  return pullImage(images, { image: `${registry}/${image}`, credentials, signal, fetch }).then(stored => ({
    stored,
    images,
    text: (name: string) => readFileSync(join(images.rootOf(stored.id), name), 'utf8'),
    has: (name: string) => existsSync(join(images.rootOf(stored.id), name)),
  }))
}

describe('pullImage', () => {
  test('unpacks the image that suits the machine, and knows it by tag and digest', async () => {
    const { id, digest } = await publishImage('team/app', 'v1')
    const { stored, images, text, has } = await pull('team/app:v1')
    expect([text('b'), has('a')]).toEqual(['second', false])
    expect(imageStatusOf(stored)).toMatchObject({
      id,
      tags: [`${registry}/team/app:v1`],
      digests: [`${registry}/team/app@${digest}`],
      user: '7',
    })
    expect((await images.find(`${registry}/team/app@${digest}`))?.id).toBe(id)
    expect(readdirSync(join(directory, 'images', id.replace('sha256:', '')))).toEqual(['root'])
  })

  test('pulls by digest', async () => {
    const { digest } = await publishImage('team/app', 'v1')
    expect((await pull(`team/app@${digest}`)).stored.digests).toEqual([`${registry}/team/app@${digest}`])
  })

  const me = { username: 'me', password: 'secret' }
  test('asks for a token where the registry wants one, with the credentials', async () => {
    await publishImage('team/app', 'v1')
    challenge = `Bearer realm="http://${registry}/token?x=1",service="the registry",scope="repository:team/app:pull"`
    wantedAuthorization = 'Bearer granted'
    await pull('team/app:v1', me)
    const tokens = asked.filter(({ url }) => url.startsWith('/token'))
    expect(tokens.map(({ url }) => url)).toEqual([
      '/token?x=1&service=the+registry&scope=repository%3Ateam%2Fapp%3Apull',
    ])
    await expect(pull('team/app:v1', { ...me, password: 'wrong' })).rejects.toThrow('pull access denied')
  })

  test('shows name and password where the registry wants them, and only there', async () => {
    await publishImage('team/app', 'v1')
    await pull('team/app:v1', me)
    expect(asked.every(({ authorization }) => authorization === undefined)).toBe(true)
    challenge = 'Basic realm="r"'
    wantedAuthorization = `Basic ${Buffer.from('me:secret').toString('base64')}`
    await pull('team/app:v1', me)
    await expect(pull('team/app:v1')).rejects.toThrow('pull access denied')
  })

  test.each([
    [
      'another layer',
      'team/app:v1',
      (it: { last: string }) => [`blobs/${it.last}`, Buffer.from('other')],
      /other content than sha256/,
    ],
    [
      'another manifest',
      'team/app',
      (it: { digest: string }) => [`manifests/${it.digest}`, Buffer.from('{}')],
      /other content than sha256/,
    ],
    ['no such tag', 'team/app:v2', () => ['x', Buffer.from('')], /manifests\/v2: not found/],
  ] as const)('refuses %s, and keeps nothing', async (_, image, change, message) => {
    const it = await publishImage('team/app', 'v1')
    const [path, bytes] = change(it) as [string, Buffer]
    contents.set(`team/app/${path}`, bytes)
    await expect(pull(image.includes(':') ? image : `${image}@${it.digest}`)).rejects.toThrow(message)
    expect(existsSync(join(directory, 'images')) ? readdirSync(join(directory, 'images')) : []).toEqual([])
  })

  test("says in the kubelet's words that nobody answers", async () => {
    const gone = createServer()
    await new Promise<void>(resolve => gone.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(gone.address() as AddressInfo).port}`
    await new Promise(resolve => gone.close(resolve))
    const images = new ImageStore(directory)
    const request = { image: `${host}/x`, credentials: undefined, signal: new AbortController().signal, fetch }
    await expect(pullImage(images, request)).rejects.toThrow(`dial tcp ${host}: connect: connection refused`)
  })
})

test.each([
  ['Basic realm="a, b"', [{ scheme: 'basic', parameters: { realm: 'a, b' } }]],
  [
    'Bearer realm="https://x/t",service=y , Basic realm="q\\"z"',
    [
      { scheme: 'bearer', parameters: { realm: 'https://x/t', service: 'y' } },
      { scheme: 'basic', parameters: { realm: 'q"z' } },
    ],
  ],
  ['', []],
  ['="', []],
])('reads the challenge %s', (header, challenges) => {
  expect(parseChallenges(header)).toEqual(challenges)
})
