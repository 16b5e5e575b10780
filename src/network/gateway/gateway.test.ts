import { describe, expect, test } from '@jest/globals'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { GatewayAddresses } from './gateway-addresses.js'
import { supportedFeatures } from './gateway-features.js'
import type { Gateway, HttpRoute, Listener, ReferenceGrant, RouteFilter, RouteRule } from './gateway-kinds.js'
import { gatewayStatus, routeStatus } from './gateway-status.js'
import { meetingHosts } from './hostnames.js'
import { isServed, planListeners } from './plan-listeners.js'
import { planRoute } from './plan-routes.js'

const now = '2026-01-01T00:00:00Z'
const pair: KeyPair = { certificate: 'cert', key: 'key' }
const http = (name: string, more: Partial<Listener> = {}): Listener => ({ name, port: 80, protocol: 'HTTP', ...more })
const https = (name: string, secret: string, namespace?: string): Listener => ({
  ...http(name, { port: 443, protocol: 'HTTPS' }),
  tls: { certificateRefs: [{ name: secret, ...(namespace && { namespace }) }] },
})
const newGateway = (...listeners: Listener[]): Gateway => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'infra', name: 'main', generation: 2 },
  spec: { gatewayClassName: 'minik8s', listeners },
})
const newRoute = (spec: HttpRoute['spec'], namespace = 'infra'): HttpRoute => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { namespace, name: 'route', generation: 3, creationTimestamp: now },
  spec: { parentRefs: [{ name: 'main', namespace: 'infra' }], ...spec },
})
const grant = (namespace: string, from: string, kind: string, to: string): ReferenceGrant => ({
  apiVersion: 'gateway.networking.k8s.io/v1beta1',
  kind: 'ReferenceGrant',
  metadata: { namespace, name: 'grant' },
  spec: {
    from: [{ group: 'gateway.networking.k8s.io', kind, namespace: from }],
    to: [{ group: '', kind: to }],
  },
})

test.each<[string, string[], string[]]>([
  ['', [], ['']],
  ['', ['a.com'], ['a.com']],
  ['a.com', [], ['a.com']],
  ['a.com', ['b.com'], []],
  ['a.com', ['b.com', 'A.com'], ['a.com']],
  ['*.a.com', ['x.a.com', 'x.y.a.com', 'a.com'], ['x.a.com', 'x.y.a.com']],
  ['x.a.com', ['*.a.com', '*.com'], ['x.a.com']],
  ['*.a.com', ['*.b.a.com', '*.com'], ['*.b.a.com', '*.a.com']],
])('a listener for "%s" and a route for %j meet at %j', (listener, route, expected) => {
  expect(meetingHosts(listener, route)).toEqual(expected)
})

describe('listeners', () => {
  const grants = [grant('certs', 'infra', 'Gateway', 'Secret')]
  const certificateOf = ({ name }: { name: string }) => (name === 'tls' ? pair : 'it is not there')
  const placeOf = (...open: number[]) => ({
    now,
    portOf: ({ port }: { port: number }) => (open.includes(port) ? port : undefined),
  })
  const statusOf = (...listeners: Listener[]) => {
    const gateway = newGateway(...listeners)
    const planned = planListeners(gateway, { addresses: [''], grants, certificateOf })
    const addresses = { addresses: ['127.0.0.1'] }
    const counted = planned.map(own => ({ planned: own, attached: 1 }))
    return {
      served: planned.filter(isServed),
      status: gatewayStatus({ gateway, addresses, listeners: counted }, placeOf(80, 443)),
    }
  }
  const reasons = (conditions: readonly { type: string; status: string; reason: string }[] = []) =>
    conditions.map(({ type, status, reason }) => `${type}=${status}:${reason}`).join(' ')

  test.each<[string, Listener[], string]>([
    ['HTTP', [http('a')], 'Accepted=True:Accepted Programmed=True:Programmed ResolvedRefs=True:ResolvedRefs'],
    ['HTTPS', [https('a', 'tls')], 'Accepted=True:Accepted Programmed=True:Programmed ResolvedRefs=True:ResolvedRefs'],
    ['a certificate of elsewhere', [https('a', 'tls', 'certs')], 'Accepted=True:Accepted Programmed=True:Programmed'],
    [
      'one that is not granted',
      [https('a', 'tls', 'secret')],
      'Accepted=True:Accepted Programmed=False:Invalid ResolvedRefs=False:RefNotPermitted',
    ],
    [
      'one that is missing',
      [https('a', 'none')],
      'Accepted=True:Accepted Programmed=False:Invalid ResolvedRefs=False:InvalidCertificateRef',
    ],
    ['TCP', [http('a', { protocol: 'TCP' })], 'Accepted=False:UnsupportedProtocol Programmed=False:Invalid'],
    [
      'a port that is taken',
      [http('a', { port: 8080 })],
      'Accepted=True:Accepted Programmed=False:Pending ResolvedRefs=True:ResolvedRefs Conflicted=False:NoConflicts',
    ],
    [
      'routes of another kind',
      [http('a', { allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } })],
      'Accepted=True:Accepted Programmed=True:Programmed ResolvedRefs=False:InvalidRouteKinds',
    ],
    ['a host twice', [http('a'), http('b')], 'Accepted=False:HostnameConflict Programmed=False:Invalid'],
  ])('%s', (_, listeners, expected) => {
    expect(reasons(statusOf(...listeners).status.listeners?.[0]?.conditions)).toMatch(expected)
  })

  test('a Gateway is accepted when one of its listeners is', () => {
    const { status, served } = statusOf(http('a'), http('b', { port: 81, protocol: 'TCP' }))
    expect(served.map(({ listener }) => listener.name)).toEqual(['a'])
    expect(reasons(status.conditions)).toBe('Accepted=True:ListenersNotValid Programmed=True:Programmed')
    expect(status.addresses).toEqual([{ type: 'IPAddress', value: '127.0.0.1' }])
  })

  test.each<[string, Partial<GatewayAddresses>, string]>([
    [
      'an address of a foreign type',
      { refused: { reason: 'UnsupportedAddress', message: '' } },
      'Accepted=False:UnsupportedAddress Programmed=False:Invalid',
    ],
    [
      'one that is not to be had',
      { lacking: { reason: 'AddressNotUsable', message: '' } },
      'Accepted=True:Accepted Programmed=False:AddressNotUsable',
    ],
  ])('%s', (_, more, expected) => {
    const gateway = newGateway(http('a'))
    const planned = planListeners(gateway, { addresses: [], grants, certificateOf })
    const listeners = planned.map(own => ({ planned: own, attached: 0 }))
    const status = gatewayStatus({ gateway, addresses: { addresses: [], ...more }, listeners }, placeOf(80))
    expect(reasons(status.conditions)).toBe(expected)
    expect(status.listeners?.[0]?.conditions[1]?.message).toBe('The Gateway has no address')
  })

  test('where a port is not to be had, the listener tells which is', () => {
    const gateway = newGateway(http('a'))
    const planned = planListeners(gateway, { addresses: [''], grants, certificateOf })
    const listeners = planned.map(own => ({ planned: own, attached: 0 }))
    const place = { now, portOf: () => 8080 }
    const status = gatewayStatus({ gateway, addresses: { addresses: ['127.0.0.1'] }, listeners }, place)
    expect(status.listeners?.[0]?.conditions[1]).toMatchObject({
      status: 'True',
      message: 'Reached at port 8080: 80 is not to be had',
    })
  })

  test('times stay where a status stays', () => {
    const gateway = newGateway(http('a'))
    const old = {
      type: 'Accepted',
      status: 'True',
      reason: 'x',
      message: '',
      lastTransitionTime: '2020-01-01T00:00:00Z',
    }
    gateway.status = { conditions: [old] }
    const { conditions } = gatewayStatus({ gateway, addresses: { addresses: [] }, listeners: [] }, placeOf())
    expect(conditions?.map(({ status }) => status)).toEqual(['True', 'False'])
    expect(conditions?.[0]).toMatchObject({ lastTransitionTime: old.lastTransitionTime, observedGeneration: 2 })
  })
})

test('features are listed in order', () => {
  expect(supportedFeatures).toEqual([...supportedFeatures].sort())
})

describe('routes', () => {
  const gateway = newGateway(
    http('same', { hostname: '*.a.com' }),
    http('all', { port: 8080, allowedRoutes: { namespaces: { from: 'All' } } }),
    http('chosen', {
      port: 8081,
      allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { team: 'blue' } } } },
    }),
  )
  const listeners = planListeners(gateway, { addresses: [''], grants: [], certificateOf: () => 'none' })
  const world = {
    grants: [grant('other', 'infra', 'HTTPRoute', 'Service')],
    listenersOf: ({ namespace, name }: { namespace: string; name: string }) =>
      namespace === 'infra' && name === 'main' ? listeners : undefined,
    labelsOf: (namespace: string) => (namespace === 'blue' ? { team: 'blue' } : undefined),
    hasPort: ({ service }: { service: string }) => service !== 'missing',
  }
  const plan = (spec: HttpRoute['spec'], namespace?: string) => planRoute(newRoute(spec, namespace), world)
  const parent = (sectionName: string) => ({ parentRefs: [{ namespace: 'infra', name: 'main', sectionName }] })

  test.each<[string, HttpRoute['spec'], string | undefined, string[], string | undefined]>([
    ['of the namespace', {}, 'infra', ['same', 'all'], undefined],
    ['of another', {}, 'web', ['all'], undefined],
    ['of a chosen one', {}, 'blue', ['all', 'chosen'], undefined],
    ['for a listener', parent('same'), 'infra', ['same'], undefined],
    ['for one that lets nobody in', parent('same'), 'web', [], 'NotAllowedByListeners'],
    ['for one that is not there', parent('none'), 'infra', [], 'NoMatchingParent'],
    ['for other hosts', { ...parent('same'), hostnames: ['b.com'] }, 'infra', [], 'NoMatchingListenerHostname'],
    [
      'with a filter that is not to be had',
      { rules: [{ filters: [{ type: 'RequestMirror' }] }] },
      'infra',
      [],
      'UnsupportedValue',
    ],
  ])('a route %s', (_, spec, namespace, attached, reason) => {
    const [found] = plan(spec, namespace)?.parents ?? []
    expect(found?.listeners.map(({ listener }) => listener.name)).toEqual(attached)
    expect(found?.refused?.reason).toBe(reason)
  })

  test('nothing is said of the Gateways of others', () => {
    expect(plan({ parentRefs: [{ name: 'theirs' }] })).toBeUndefined()
    const route = newRoute({})
    const theirs = { parentRef: { name: 'theirs' }, controllerName: 'example.com/x', conditions: [] }
    route.status = { parents: [theirs] }
    expect(routeStatus(route, undefined, now)).toBeUndefined()
    route.status = routeStatus(route, planRoute(route, world), now)
    expect(route.status?.parents).toHaveLength(2)
    expect(routeStatus(route, undefined, now)).toEqual({ parents: [theirs] })
  })

  test.each<[object, string | undefined]>([
    [{ name: 'web', port: 80 }, undefined],
    [{ name: 'web', port: 80, namespace: 'other' }, undefined],
    [{ name: 'web', port: 80, namespace: 'third' }, 'RefNotPermitted'],
    [{ name: 'missing', port: 80 }, 'BackendNotFound'],
    [{ name: 'bucket', kind: 'Bucket', group: 'example.com' }, 'InvalidKind'],
  ])('the back end %j: %s', (ref, reason) => {
    const planned = plan({ rules: [{ backendRefs: [ref as never] }] })
    expect(planned?.unresolved?.reason).toBe(reason)
    expect(planned?.rules[0]?.backends[0]?.to === undefined).toBe(reason !== undefined)
  })

  test('rules, matches and weights', () => {
    const rules: RouteRule[] = [
      {
        matches: [
          { path: { type: 'Exact', value: '/x' }, method: 'GET' },
          {
            headers: [{ name: 'Color', value: 'b.*', type: 'RegularExpression' }],
            queryParams: [{ name: 'q', value: '1' }],
          },
        ],
        backendRefs: [
          { name: 'a', port: 80, weight: 9 },
          { name: 'b', port: 81 },
        ],
      },
    ]
    const found = plan({ ...parent('same'), hostnames: ['x.a.com'], rules })?.rules
    expect(found).toMatchObject([
      { port: 80, host: 'x.a.com', path: { type: 'Exact', value: '/x' }, method: 'GET' },
      {
        path: { type: 'Prefix', value: '/' },
        headers: [{ name: 'color', value: 'b.*', isPattern: true }],
        query: [{ name: 'q', value: '1' }],
        backends: [
          { to: { namespace: 'infra', service: 'a', port: 80 }, weight: 9 },
          { to: { namespace: 'infra', service: 'b', port: 81 }, weight: 1 },
        ],
      },
    ])
  })

  test('a mirror that is not there is told of', () => {
    const filters = [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'missing', port: 80 } } }]
    expect(plan({ rules: [{ filters }] })?.unresolved?.reason).toBe('BackendNotFound')
  })

  test.each<[RouteRule['timeouts'], number | undefined]>([
    [{ request: '1m2s' }, 62_000],
    [{ request: '1h', backendRequest: '500ms' }, 500],
    [{ request: '0s' }, undefined],
    [undefined, undefined],
  ])('timeouts %j', (timeouts, expected) =>
    expect(plan({ rules: [{ ...(timeouts && { timeouts }) }] })?.rules[0]?.deadlineMs).toBe(expected),
  )

  test.each<[RouteFilter, object]>([
    [
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'A', value: '1' }], remove: ['b'] } },
      { requestHeaders: { set: [['A', '1']], add: [], remove: ['b'] } },
    ],
    [
      { type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } },
      { redirect: { scheme: 'https', status: 301 } },
    ],
    [
      {
        type: 'URLRewrite',
        urlRewrite: { hostname: 'h', path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/p' } },
      },
      { rewriteHost: 'h', rewritePath: { type: 'prefix', value: '/p' } },
    ],
    [
      { type: 'RequestMirror', requestMirror: { backendRef: { name: 'b', port: 80 }, percent: 25 } },
      { mirrors: [{ to: { namespace: 'infra', service: 'b', port: 80 }, share: 0.25 }] },
    ],
    [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'missing', port: 80 } } }, {}],
  ])('the filter %j', (filter, expected) => {
    expect(plan({ rules: [{ filters: [filter] }] })?.rules[0]?.filters).toEqual(expected)
  })
})
