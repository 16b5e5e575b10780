/** `secrets-leak`: canaries in secrets and tokens, looked for wherever the server writes or tells of itself. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from '../../../bench/http.js'
import { type Minik8sServer, startMinik8s } from '../../../bench/servers/minik8s.js'
import { Caller } from '../caller.js'
import type { SafetyCheck } from '../check.js'
import { type Chance, newChance } from '../random.js'

const newCanary = (chance: Chance): string => `canary${chance.bytes(12).toString('hex')}`
const secrets = '/api/v1/namespaces/default/secrets'
/** Two lines of each request, at least. */
const leastEvents = 60
/** What the server's log must have told of: else it was not looked at. */
const mustBeLogged = [
  ...['/secrets/kept', '/secrets/applied', '/namespaces/hooked/secrets', '/serviceaccounts/default/token'],
  ...['/tokenreviews', '"user":"system:anonymous"', '"code":401', '"code":422', '"code":500'],
]

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

const inGroup = (group: string, kind: string, name: string, over: object) =>
  JSON.stringify({ apiVersion: `${group}/v1`, kind, metadata: { name }, ...over })

/** Kinds that hold secrets beside Secrets, hooks that cannot be reached, policies that refuse, credentials where none belong. */
function odderCalls(canary: string): Call[] {
  const post = (path: string, body: string): Call => ({ method: 'POST', path, body })
  const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'], scope: '*' }]
  const webhook = {
    ...{ name: 'leak.example.com', rules, admissionReviewVersions: ['v1'], sideEffects: 'None', timeoutSeconds: 1 },
    clientConfig: { url: 'https://127.0.0.1:1/review' },
    namespaceSelector: { matchLabels: { leak: 'hook' } },
  }
  const bootstrap = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token' },
    metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
    stringData: { 'token-id': 'abcdef', 'token-secret': canary.slice(6, 22), 'usage-bootstrap-authentication': 'true' },
  })
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hooked', labels: { leak: 'hook' } } }
  const hooked = '/api/v1/namespaces/hooked/secrets'
  return [
    post('/api/v1/namespaces/kube-system/secrets', bootstrap),
    post('/api/v1/namespaces', JSON.stringify(namespace)),
    post(
      hooks,
      inGroup('admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', 'leak', { webhooks: [webhook] }),
    ),
    post(
      hooked,
      JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'h' }, stringData: { p: canary } }),
    ),
    {
      ...{ method: 'PATCH', path: `${secrets}/applied?fieldManager=me`, contentType: 'application/apply-patch+yaml' },
      body: `apiVersion: v1\nkind: Secret\nmetadata: {name: applied}\nstringData: {password: ${canary}}\n`,
    },
    {
      method: 'PATCH',
      path: `${secrets}/applied`,
      contentType: 'application/json-patch+json',
      body: `[{"op":"${canary}"}]`,
    },
    { path: secrets, accept: 'application/vnd.kubernetes.protobuf' },
    { path: `${secrets}?watch=1&timeoutSeconds=1&resourceVersion=1` },
    { method: 'DELETE', path: secrets },
  ]
}

/** A pod whose secrets are its environment, a volume and the password of its image's registry; nobody runs its image. */
function podCalls(canary: string): Call[] {
  const auth = Buffer.from(`user:${canary}`).toString('base64')
  const config = JSON.stringify({ auths: { '127.0.0.1:1': { auth } } })
  const post = (resource: string, over: object): Call => ({
    ...{ method: 'POST', path: `/api/v1/namespaces/default/${resource}` },
    body: JSON.stringify({ apiVersion: 'v1', ...over }),
  })
  const container = {
    ...{ name: 'c', image: '127.0.0.1:1/image:1' },
    env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'of-pod', key: 'p' } } }],
    volumeMounts: [{ name: 's', mountPath: '/s' }],
  }
  return [
    post('secrets', { kind: 'Secret', metadata: { name: 'of-pod' }, stringData: { p: canary } }),
    post('secrets', {
      ...{ kind: 'Secret', metadata: { name: 'pull' }, type: 'kubernetes.io/dockerconfigjson' },
      stringData: { '.dockerconfigjson': config },
    }),
    post('pods', {
      ...{ kind: 'Pod', metadata: { name: 'leaky' } },
      spec: {
        ...{ containers: [container], imagePullSecrets: [{ name: 'pull' }] },
        volumes: [{ name: 's', secret: { secretName: 'of-pod' } }],
      },
    }),
  ]
}

/** Asks with a credential that is none of the administrator's. */
async function askAs(server: Minik8sServer, authorization: string): Promise<void> {
  const other = new Caller([{ ...server, tls: { ca: server.tls.ca }, headers: { authorization } }])
  await other.call({ path: '/api/v1/namespaces/default/pods' })
  other.close()
}

/** Resolves with what must not be found: the canary, and tokens. */
async function play(server: Minik8sServer, canary: string): Promise<string[]> {
  const caller = new Caller([server])
  for (const call of [...callsWith(canary), ...odderCalls(canary), ...podCalls(canary)]) await caller.call(call)
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
  const base64 = Buffer.from(canary).toString('base64')
  const bootstrapSecret = canary.slice(6, 22)
  for (const bearer of [token, `${canary}3`, `abcdef.${bootstrapSecret}`]) await askAs(server, `Bearer ${bearer}`)
  await askAs(server, `Basic ${Buffer.from(`user:${canary}`).toString('base64')}`)
  // The signature: the rest of a token says whose it is, which may be told.
  return [canary, base64.slice(0, -4), bootstrapSecret, token.split('.')[2]!]
}

/** Of what may hold secrets only who asked is recorded, as upstream's documentation advises; of all else everything. */
const auditPolicy = JSON.stringify({
  ...{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy' },
  rules: [
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }] },
    { level: 'Metadata', resources: [{ group: 'authentication.k8s.io', resources: ['tokenreviews'] }] },
    { level: 'RequestResponse' },
  ],
})

export const secretsLeak: SafetyCheck = {
  name: 'secrets-leak',
  claim: 'what is in secrets and tokens is never in logs, the audit log, metrics or events',
  async run({ program, seed, say }) {
    if (!program) return ['the built command is needed']
    const directory = mkdtempSync(join(tmpdir(), 'minik8s-leak-'))
    const policy = join(directory, 'policy.json')
    const audit = join(directory, 'audit.log')
    writeFileSync(policy, auditPolicy)
    const auditFlags = ['--audit-policy-file', policy, '--audit-log-path', audit]
    const server = await startMinik8s({ flags: ['--verbosity', 'trace', ...auditFlags] })
    try {
      const needles = await play(server, newCanary(newChance(seed)))
      const caller = new Caller([server])
      const told = async (path: string) => (await caller.call({ path })).body.toString('latin1')
      const places = {
        metrics: await told('/metrics'),
        events: await told('/api/v1/events'),
        log: readFileSync(server.log, 'latin1'),
        'audit log': readFileSync(audit, 'latin1'),
      }
      caller.close()
      say(
        `  ${Object.entries(places)
          .map(([name, text]) => `${text.length} bytes of ${name}`)
          .join(', ')}`,
      )
      const leaks = (text: string) => needles.some(needle => text.includes(needle))
      const lines = places['audit log'].split('\n')
      return [
        ...mustBeLogged.filter(text => !places.log.includes(text)).map(text => `the log does not tell of ${text}`),
        ...(lines.length < leastEvents ? ['the audit log is too short to prove anything'] : []),
        ...Object.entries(places).flatMap(([name, text]) => (leaks(text) ? [`a canary is in the ${name}`] : [])),
        ...lines.filter(leaks).map(line => `the audit log has one: ${/"requestURI":"[^"]*","verb":"\w+"/.exec(line)}`),
      ]
    } finally {
      await server.stop()
      rmSync(directory, { recursive: true })
    }
  },
}
