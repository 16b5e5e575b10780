/** `secrets-leak`: canaries in secrets and tokens, looked for wherever the server writes or tells of itself. */
import { readFileSync } from 'node:fs'
import type { Call } from '../../../bench/http.js'
import { type Minik8sServer, startMinik8s } from '../../../bench/servers/minik8s.js'
import { Caller } from '../caller.js'
import type { SafetyCheck } from '../check.js'
import { type Chance, newChance } from '../random.js'

const newCanary = (chance: Chance): string => `canary${chance.bytes(12).toString('hex')}`
const secrets = '/api/v1/namespaces/default/secrets'

/** Everything a secret goes through, valid and not: each puts the canary where a careless message would print it. */
function callsWith(canary: string): Call[] {
  const base64 = Buffer.from(canary).toString('base64')
  const secret = (name: string, over: object) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...over })
  const post = (body: string): Call => ({ method: 'POST', path: secrets, body })
  const patch = (body: object, contentType: string): Call => ({
    ...{ method: 'PATCH', path: `${secrets}/kept`, contentType },
    body: JSON.stringify(body),
  })
  return [
    post(secret('kept', { stringData: { password: canary } })),
    post(secret('kept', { stringData: { password: canary } })),
    post(secret('bad', { data: { password: canary } })),
    post(secret('tls', { type: 'kubernetes.io/tls', data: { 'tls.crt': base64, 'tls.key': base64 } })),
    post(secret('docker', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': canary } })),
    post(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"cut"},"stringData":{"password":"${canary}"`),
    patch({ stringData: { password: `${canary}2` } }, 'application/merge-patch+json'),
    patch({ data: { password: [canary] } }, 'application/strategic-merge-patch+json'),
    { method: 'PUT', path: `${secrets}/kept`, body: secret('other', { stringData: { password: canary } }) },
    { path: `${secrets}/kept` },
    { path: secrets, accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    { method: 'DELETE', path: `${secrets}/kept` },
  ]
}

/** Resolves with what must not be found: the canary, and tokens. */
async function play(server: Minik8sServer, canary: string): Promise<string[]> {
  const caller = new Caller([server])
  for (const call of callsWith(canary)) await caller.call(call)
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const { body } = await caller.call({ method: 'POST', path, body: JSON.stringify(request) })
  const token: string | undefined = JSON.parse(body.toString()).status?.token
  if (!token) throw new Error(`no token was issued: ${body.subarray(0, 300)}`)
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }
  await caller.call({
    ...{ method: 'POST', path: '/apis/authentication.k8s.io/v1/tokenreviews' },
    body: JSON.stringify(review),
  })
  caller.close()
  for (const bearer of [token, `${canary}3`]) {
    const anonymous = { ...server, tls: { ca: server.tls.ca }, headers: { authorization: `Bearer ${bearer}` } }
    const other = new Caller([anonymous])
    await other.call({ path: '/api/v1/namespaces/default/pods' })
    other.close()
  }
  // The signature: the rest of a token says whose it is, which may be told.
  return [canary, Buffer.from(canary).toString('base64').slice(0, -4), token.split('.')[2]!]
}

export const secretsLeak: SafetyCheck = {
  name: 'secrets-leak',
  claim: 'what is in secrets and tokens is never in logs, metrics or events',
  async run({ program, seed, say }) {
    if (!program) return ['the built command is needed']
    const server = await startMinik8s({ flags: ['--verbosity', 'trace'] })
    try {
      const needles = await play(server, newCanary(newChance(seed)))
      const caller = new Caller([server])
      const told = async (path: string) => (await caller.call({ path })).body.toString('latin1')
      const places = {
        metrics: await told('/metrics'),
        events: await told('/api/v1/events'),
        log: readFileSync(server.log, 'latin1'),
      }
      caller.close()
      say(
        `  ${Object.entries(places)
          .map(([name, text]) => `${text.length} bytes of ${name}`)
          .join(', ')}`,
      )
      const found = Object.entries(places).filter(([, text]) => needles.some(needle => text.includes(needle)))
      return found.map(([name]) => `a canary is in the ${name}`)
    } finally {
      await server.stop()
    }
  },
}
