import { describe, expect, test } from '@jest/globals'
import { isLongRunning, parseRequestInfo } from './request-info.js'

const parse = (method: string, url: string) => {
  const [path, query] = url.split('?')
  return parseRequestInfo(method, path!, query === undefined ? undefined : new URLSearchParams(query))
}

describe('parseRequestInfo', () => {
  test.each([
    ['GET', '/api/v1/namespaces', { verb: 'list', version: 'v1', resource: 'namespaces', namespace: '' }],
    ['GET', '/api/v1/namespaces/a', { verb: 'get', resource: 'namespaces', namespace: 'a', name: 'a' }],
    ['GET', '/api/v1/namespaces/a/status', { resource: 'namespaces', name: 'a', subresource: 'status' }],
    ['PUT', '/api/v1/namespaces/a/finalize', { verb: 'update', resource: 'namespaces', subresource: 'finalize' }],
    ['POST', '/api/v1/namespaces/a/pods', { verb: 'create', resource: 'pods', namespace: 'a', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods/p/log', { verb: 'get', resource: 'pods', name: 'p', subresource: 'log' }],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments', { verb: 'deletecollection', group: 'apps', version: 'v1' }],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments/d', { verb: 'delete', name: 'd' }],
    ['GET', '/api/v1/pods?watch=1', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/pods?watch=false', { verb: 'list' }],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dx', { verb: 'list', name: 'x' }],
    ['GET', '/api/v1/watch/namespaces/a/pods/p', { verb: 'watch', namespace: 'a', name: 'p', resource: 'pods' }],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode', { name: 'system:node' }],
    ['GET', '/api/v1/nodes/n/proxy/logs/x', { subresource: 'proxy', rest: 'logs/x', name: 'n' }],
    ['FOO', '/api/v1/pods', { verb: '', resource: 'pods' }],
  ])('%s %s', (method, url, want) => {
    expect(parse(method, url)).toMatchObject({ isResource: true, ...want })
  })

  test.each(['/', '/healthz', '/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/openapi/v3/api/v1'])(
    '%s is no resource request',
    path => expect(parse('GET', path)).toMatchObject({ isResource: false, verb: 'get', path }),
  )

  test('a broken escape is a bad request', () => {
    expect(() => parse('GET', '/api/v1/pods/%zz')).toThrow(/invalid URL escape/)
  })

  test.each([
    ['/api/v1/pods?watch=true', true],
    ['/api/v1/namespaces/a/pods/p/exec', true],
    ['/api/v1/pods', false],
    ['/healthz', false],
  ])('%s is long running: %s', (url, want) => expect(isLongRunning(parse('GET', url))).toBe(want))
})
