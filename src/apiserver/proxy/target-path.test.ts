import { describe, expect, test } from '@jest/globals'
import { parseRequestInfo } from '../request-info.js'
import { targetPathOf } from './target-path.js'

const pod = '/api/v1/namespaces/default/pods/p/proxy'
const target = (path: string) => targetPathOf(parseRequestInfo('GET', path, undefined))

/** As the stock server asks its backends. */
describe('targetPathOf', () => {
  test.each([
    [pod, '', '/', pod],
    [`${pod}/`, '/', '/', pod],
    [`${pod}/a/b/`, '/a/b/', '/a/b/', pod],
    [`${pod}/a%20b`, '/a b', '/a%20b', pod],
    [`${pod}/a!(*)`, '/a!(*)', '/a%21%28%2A%29', pod],
    ['/api/v1/nodes/n:9100/proxy/metrics', '/metrics', '/metrics', '/api/v1/nodes/n:9100/proxy'],
  ])('%s', (path, plain, escaped, prefix) => expect(target(path)).toMatchObject({ path: plain, escaped, prefix }))

  test('a path that is not clean is cleaned, and takes the place of the prefix', () => {
    expect(target(`${pod}/a%2Fb%20c//d/../e%3Fx`)).toEqual({
      path: '/a/b c/e?x',
      escaped: '/a/b%20c/e%3Fx',
      prefix: `${pod}/a/b c//d/../e?x`,
      forwardedUri: `${pod}/a/b c/e?x/a/b%20c/e%3Fx`,
    })
  })

  test('tells the backend where its page is', () => {
    expect(target(`${pod}/x/`).forwardedUri).toBe(`${pod}/x/`)
    expect(target(pod).forwardedUri).toBe(`${pod}/`)
    expect(target(`${pod}//ü%0ax`).forwardedUri).toMatch(/^[\x20-\xff]+$/)
  })
})
