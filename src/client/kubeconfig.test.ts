import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readKubeconfig } from './kubeconfig.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-kubeconfig-'))
  writeFileSync(join(directory, 'ca.crt'), 'the authority')
  writeFileSync(join(directory, 'token'), 'first\n')
})
afterAll(() => rmSync(directory, { recursive: true }))

const base64 = (text: string) => Buffer.from(text).toString('base64')

function write(parts: object): string {
  const path = join(directory, 'config')
  const config = {
    'current-context': 'work',
    contexts: [
      { name: 'work', context: { cluster: 'near', user: 'ann', namespace: 'shop' } },
      { name: 'nobody', context: { cluster: 'far' } },
      { name: 'lost', context: { cluster: 'gone', user: 'ann' } },
    ],
    clusters: [
      { name: 'near', cluster: { server: 'https://near:6443', 'certificate-authority': 'ca.crt' } },
      { name: 'far', cluster: { server: 'https://far', 'insecure-skip-tls-verify': true, 'tls-server-name': 'api' } },
    ],
    users: [{ name: 'ann', user: { token: 'secret' } }],
    ...parts,
  }
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(config))
  return path
}

const user = (ann: object) => ({ users: [{ name: 'ann', user: ann }] })

test('the current context: files are looked up beside the kubeconfig', async () => {
  const { ca, ...rest } = await readKubeconfig(write({}))
  expect(String(ca)).toBe('the authority')
  expect(rest).toEqual({ server: 'https://near:6443', namespace: 'shop', token: 'secret' })
})

test('another context, of nobody, that trusts whoever answers', async () => {
  const far = { server: 'https://far', namespace: 'default', serverName: 'api', insecure: true }
  expect(await readKubeconfig(write({}), 'nobody')).toEqual(far)
})

test('certificates in the kubeconfig', async () => {
  const data = { 'client-certificate-data': base64('certificate'), 'client-key-data': base64('key') }
  const { cert, key } = await readKubeconfig(write(user(data)))
  expect([String(cert), String(key)]).toEqual(['certificate', 'key'])
})

test('a token in a file is read again, since it is replaced', async () => {
  const { token } = await readKubeconfig(write(user({ tokenFile: 'token' })))
  const current = token as () => string
  expect(current()).toBe('first')
  writeFileSync(join(directory, 'token'), 'second\n')
  expect(current()).toBe('second')
})

test.each([
  { what: 'no context chosen', parts: { 'current-context': '' }, says: /has no current-context: name one/ },
  { what: 'a context that is not there', parts: {}, context: 'play', says: /has no context "play"/ },
  { what: 'a cluster that is not there', parts: {}, context: 'lost', says: /has no cluster "gone"/ },
  { what: 'a user that is not there', parts: { users: null }, says: /has no user "ann"/ },
  { what: 'a program that logs in', parts: user({ exec: { command: 'aws' } }), says: /"ann" of .* logs in by exec/ },
])('$what is told', async ({ parts, context, says }) => {
  await expect(readKubeconfig(write(parts), context)).rejects.toThrow(says)
})
