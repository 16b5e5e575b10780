import { describe, expect, test } from '@jest/globals'
import type { Ingress, IngressSpec } from '../../apis/generated/networking-v1.js'
import { planIngressRules } from '../ingress/ingress-rules.js'
import { newHttpRouter } from './http-router.js'
import type { HttpRule } from './http-rule.js'
import { newHttpRule } from './testing/http-rule.js'

const backend = (name: string) => ({ service: { name, port: { number: 80 } } })
const path = (pathType: string, path: string, name: string) => ({ pathType, path, backend: backend(name) })
const newIngress = (name: string, spec: IngressSpec, at = '2026-01-01T00:00:00Z'): Ingress => ({
  metadata: { namespace: 'default', name, creationTimestamp: at },
  spec,
})
/** Names of services by `host/path`. */
function serviceFor(rules: readonly HttpRule[], url: string, more: { method?: string; headers?: object } = {}) {
  const { host, pathname, search } = new URL(`http://${url}`)
  const { method = 'GET', headers = {} } = more
  const head = { port: 80, host, path: pathname, query: search.slice(1), method, headers: { ...headers } }
  return newHttpRouter(rules).find(head)?.backends[0]?.to?.service
}

describe('paths of an Ingress', () => {
  const paths = [
    path('Prefix', '/', 'root'),
    path('Prefix', '/foo', 'foo'),
    path('Prefix', '/foo/bar/', 'foo-bar'),
    path('Exact', '/foo/exact', 'exact'),
    path('Prefix', '/foo/exact', 'longer-or-same'),
    path('ImplementationSpecific', '/other', 'other'),
  ]
  const rules = planIngressRules(newIngress('web', { rules: [{ http: { paths } }] }))
  test.each([
    ['/', 'root'],
    ['/foo', 'foo'],
    ['/foo/', 'foo'],
    ['/foobar', 'root'],
    ['/foo/bar', 'foo-bar'],
    ['/foo/bar/x', 'foo-bar'],
    ['/foo/barx', 'foo'],
    ['/foo/exact', 'exact'],
    ['/foo/exact/', 'longer-or-same'],
    ['/FOO', 'root'],
    ['/other/x?q=/foo', 'other'],
  ])('%s goes to %s', (target, service) => {
    expect(serviceFor(rules, `host${target}`)).toBe(service)
  })

  test('an exact path has no slash more or less', () => {
    const only = planIngressRules(newIngress('web', { rules: [{ http: { paths: [path('Exact', '/foo', 'foo')] } }] }))
    expect(serviceFor(only, 'host/foo')).toBe('foo')
    expect(serviceFor(only, 'host/foo/')).toBeUndefined()
    expect(serviceFor(only, 'host/')).toBeUndefined()
  })
})

describe('hosts of Ingresses', () => {
  const rule = (host: string, name: string, at = '/') => ({ host, http: { paths: [path('Prefix', at, name)] } })
  const rules = [
    newIngress('a', { rules: [rule('a.com', 'a'), rule('*.a.com', 'wild'), rule('deep.a.com', 'deep', '/deep')] }),
    newIngress('late', { rules: [rule('a.com', 'too-late')] }, '2026-01-02T00:00:00Z'),
    newIngress('own', { rules: [rule('own.com', 'own', '/own')], defaultBackend: backend('own-rest') }),
    newIngress('all', { defaultBackend: backend('rest') }),
  ].flatMap(planIngressRules)
  test.each([
    ['a.com/', 'a'],
    ['x.a.com/', 'wild'],
    ['x.y.a.com/', 'rest'],
    ['deep.a.com/deep', 'deep'],
    // The host is chosen first: what it does not have is not had from the wildcard.
    ['deep.a.com/', 'rest'],
    ['own.com/own', 'own'],
    ['own.com/', 'own-rest'],
    ['elsewhere/', 'rest'],
  ])('%s goes to %s', (url, service) => {
    expect(serviceFor(rules, url)).toBe(service)
  })

  test('without a default back end nobody answers', () => {
    expect(serviceFor(rules.slice(0, 3), 'x.y.a.com/')).toBeUndefined()
  })

  test('a host without paths is left to the default back end', () => {
    const spec = { rules: [{ host: 'a.com' }], defaultBackend: backend('rest') }
    expect(serviceFor(planIngressRules(newIngress('a', spec)), 'a.com/x')).toBe('rest')
  })
})

describe('what routes of Gateways ask for', () => {
  const rule = (name: string, more: Partial<HttpRule> = {}): HttpRule => ({
    source: name,
    port: 80,
    host: '',
    path: { type: 'Prefix', value: '/' },
    order: name,
    backends: [{ to: { namespace: 'default', service: name, port: 80 }, weight: 1 }],
    ...more,
  })
  const rules = [
    rule('plain'),
    rule('posted', { method: 'POST' }),
    rule('one-header', { headers: [{ name: 'color', value: 'blue' }] }),
    rule('two-headers', {
      headers: [
        { name: 'color', value: 'blue' },
        { name: 'shape', value: '(round|oval)', isPattern: true },
      ],
    }),
    rule('queried', { query: [{ name: 'animal', value: 'whale' }] }),
    rule('pattern', { path: { type: 'RegularExpression', value: '/v[0-9]+' } }),
    rule('deep', { host: '*.b.com', isDeep: true }),
    rule('other-port', { port: 8080, path: { type: 'Exact', value: '/' } }),
  ]
  test.each<[string, object, string]>([
    ['host/', {}, 'plain'],
    ['host/', { method: 'POST' }, 'posted'],
    ['host/', { headers: { color: 'blue' } }, 'one-header'],
    ['host/', { headers: { color: 'blue', shape: 'oval' } }, 'two-headers'],
    ['host/', { method: 'POST', headers: { color: 'blue' } }, 'posted'],
    ['host/?animal=whale&x=1', {}, 'queried'],
    ['host/?animal=dog', {}, 'plain'],
    ['host/v12', {}, 'pattern'],
    ['host/v12/x', {}, 'plain'],
    ['x.y.b.com/', {}, 'deep'],
    ['b.com/', {}, 'plain'],
  ])('%s with %j goes to %s', (url, more, service) => {
    expect(serviceFor(rules, url, more)).toBe(service)
  })
})

describe('listeners at one place', () => {
  const hosts = ['', '*.a.com', 'x.b.a.com', 'unused.a.com']
  const attached = (listener: string, path: string) =>
    newHttpRule(path, `at ${listener}`, { listener, host: listener, isDeep: true })
  const rules = [
    attached('', '/any'),
    attached('*.a.com', '/wild'),
    attached('x.b.a.com', '/exact'),
    newHttpRule('/ingress', 'ingress'),
  ]
  const router = newHttpRouter(
    rules,
    hosts.map(host => ({ port: 80, host })),
  )
  test.each([
    ['elsewhere', '/any', 'at '],
    ['elsewhere', '/wild', undefined],
    ['y.b.a.com', '/wild', 'at *.a.com'],
    ['y.b.a.com', '/any', undefined],
    ['x.b.a.com', '/exact', 'at x.b.a.com'],
    ['x.b.a.com', '/wild', undefined],
    // It takes its host's requests, though no route is attached to it.
    ['unused.a.com', '/wild', undefined],
    ['elsewhere', '/ingress', 'ingress'],
  ])('%s%s: %s', (host, path, service) => {
    const head = { port: 80, host, path, query: '', method: 'GET', headers: {} }
    expect(router.find(head)?.backends[0]?.to?.service).toBe(service)
  })

  test('places at several addresses know nothing of each other', () => {
    const named = newHttpRouter([newHttpRule('/', 'named', { address: '127.0.0.2' }), newHttpRule('/own', 'own')])
    const at = (path: string, address?: string) => {
      const head = { port: 80, host: 'h', path, query: '', method: 'GET', headers: {} }
      return named.find({ ...head, ...(address && { address }) })?.backends[0]?.to?.service
    }
    expect([at('/own'), at('/own', '127.0.0.2'), at('/'), at('/', '127.0.0.3')]).toEqual([
      'own',
      'named',
      undefined,
      undefined,
    ])
  })
})
