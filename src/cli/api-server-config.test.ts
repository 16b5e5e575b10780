import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { readApiServerConfig } from './api-server-config.js'
import type { ApiServerFlags } from './api-server-flags.js'

const directory = mkdtempSync(join(tmpdir(), 'minik8s-api-server-config-'))
afterAll(() => rmSync(directory, { recursive: true }))
const file = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

test('takes what is given and leaves the rest to the server', async () => {
  const { authentication, admission } = await readApiServerConfig({
    'anonymous-auth': 'false',
    'token-auth-file': file('tokens.csv', 't,u,1,"a,b"'),
    'oidc-issuer-url': 'https://issuer',
    'oidc-client-id': 'c',
    'oidc-required-claim': 'hd=x,aud=y',
    'requestheader-client-ca-file': file('front.crt', 'PEM'),
  })
  expect(authentication).toMatchObject({
    anonymous: false,
    oidc: { issuerUrl: 'https://issuer', requiredClaims: { hd: 'x', aud: 'y' } },
    requestHeader: { clientCa: 'PEM', usernameHeaders: ['X-Remote-User'], allowedNames: [] },
  })
  expect(authentication.tokens?.get('t')).toEqual({ name: 'u', uid: '1', groups: ['a', 'b'] })
  expect(admission).toEqual({})
})

const podSecurity = (spec: string) => `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
${spec}`

test('reads the defaults and exemptions of PodSecurity', async () => {
  const text = podSecurity('    defaults: {enforce: baseline}\n    exemptions: {namespaces: [kube-system]}\n')
  const { admission } = await readApiServerConfig({ 'admission-control-config-file': file('admission.yaml', text) })
  expect(admission.podSecurity).toMatchObject({
    defaults: { enforce: 'baseline' },
    exemptions: { namespaces: ['kube-system'] },
  })
})

const admissionFile = (name: string, text: string): ApiServerFlags => ({
  'admission-control-config-file': file(name, text),
})

test.each<[ApiServerFlags, string]>([
  [{ 'anonymous-auth': 'maybe' }, '--anonymous-auth must be true or false, not "maybe"'],
  [{ 'token-auth-file': '/absent' }, 'cannot read --token-auth-file /absent'],
  [
    { 'token-auth-file': file('short.csv', 'a,b') },
    'must have at least 3 columns (token, user name, user uid), found 2',
  ],
  [{ 'oidc-client-id': 'c' }, 'oidc-issuer-url and oidc-client-id must be specified together'],
  [{ 'oidc-issuer-url': 'http://x', 'oidc-client-id': 'c' }, '--oidc-issuer-url must be a URL of https'],
  [
    { 'oidc-issuer-url': 'https://x', 'oidc-client-id': 'c', 'oidc-signing-algs': 'HS256' },
    'oidc: unsupported signing alg: "HS256"',
  ],
  [admissionFile('kind.yaml', 'kind: X'), 'must hold kind AdmissionConfiguration of apiserver.config.k8s.io/v1'],
  [
    admissionFile('level.yaml', podSecurity('    defaults: {enforce: strict}\n')),
    'defaults.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted',
  ],
  [
    admissionFile('twice.yaml', podSecurity('    exemptions: {usernames: [a, a]}\n')),
    'exemptions.usernames[1]: Duplicate value: "a"',
  ],
])('refuses %j', async (flags, message) => {
  await expect(readApiServerConfig(flags)).rejects.toThrow(message)
})

test('what is shown to extension servers is a certificate and its key', async () => {
  const flags = {
    'proxy-client-cert-file': file('proxy.crt', 'CERT'),
    'proxy-client-key-file': file('proxy.key', 'KEY'),
  }
  expect((await readApiServerConfig(flags)).proxyClient).toEqual({ certificate: 'CERT', key: 'KEY' })
  await expect(readApiServerConfig({ 'proxy-client-key-file': flags['proxy-client-key-file'] })).rejects.toThrow(
    '--proxy-client-cert-file and --proxy-client-key-file must be given together',
  )
})
