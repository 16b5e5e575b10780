import { describe, expect, test } from '@jest/globals'
import { HtmlRewriter } from './rewrite-html.js'
import { BadUrl, rewriteUrl } from './rewrite-url.js'
import { toByteString } from './url-path.js'

const prefix = '/api/v1/namespaces/default/pods/p/proxy'
const context = { backendHost: '10.0.0.5:8080', requestHost: 'server:6443', prefix }

/** What the stock server answers as Location. */
describe('rewriteUrl', () => {
  test.each([
    ['an absolute path', '/foo/bar?x=1', `${prefix}/foo/bar?x=1`],
    ['a slash at the end', '/foo/', `${prefix}/foo/`],
    ['a relative path', 'foo', 'foo'],
    ['a fragment', '#top', '#top'],
    ['no path at all', 'http://10.0.0.5:8080', 'http://10.0.0.5:8080'],
    ['the backend itself', 'http://10.0.0.5:8080/q/', `${prefix}/q/`],
    ['the backend without a scheme', '//10.0.0.5:8080/zz#f', `${prefix}/zz#f`],
    ['another host', 'http://elsewhere/q/', 'http://elsewhere/q/'],
    ['another port', 'http://10.0.0.5:80/q/', 'http://10.0.0.5:80/q/'],
    ['the server as the client calls it', 'https://server:6443/zz/', `https://server:6443${prefix}/zz/`],
    ['what leads through the proxy already', `${prefix}/z`, `${prefix}/z`],
    ['escapes, and dots that are resolved', '/a%2Fb/../%C3%BC', `${prefix}/a/%C3%BC`],
    ['a scheme without a path', 'mailto:a@b', 'mailto:a@b'],
    ['a script', 'javascript:void(0)', 'javascript:void(0)'],
  ])('%s', (_, url, expected) => expect(rewriteUrl(url, context)).toBe(expected))

  test('refuses a bad escape in Go’s words', () =>
    expect(() => rewriteUrl('/%zz', context)).toThrow(new BadUrl('parse "/%zz": invalid URL escape "%zz"')))
})

/** Fed whole, and byte by byte. */
function rewrite(html: string): string {
  const bytes = toByteString(html)
  const whole = new HtmlRewriter(context)
  const result = whole.push(bytes) + whole.end()
  const slow = new HtmlRewriter(context)
  expect([...bytes].map(char => slow.push(char)).join('') + slow.end()).toBe(result)
  return Buffer.from(result, 'latin1').toString()
}

describe('HtmlRewriter', () => {
  test.each([
    ['a link', '<a href="/x">t</a>', `<a href="${prefix}/x">t</a>`],
    ['single quotes and capitals', "<A HREF='/x'>", `<A HREF='${prefix}/x'>`],
    ['a value without quotes', '<img src=/i.png>', `<img src="${prefix}/i.png">`],
    ['spaces around the sign', '<a href = "/x">', `<a href = "${prefix}/x">`],
    [
      'references before and after the path',
      '<a href="/a&amp;b?c&amp;d&copy;">',
      `<a href="${prefix}/a&amp;b?c&amp;d&copy;">`,
    ],
    ['numeric references', '<a href="&#47;x&#x2F;y">', `<a href="${prefix}/x/y">`],
    ['an attribute given twice: the first counts', '<a href="/a" href="/b">', `<a href="${prefix}/a" href="/b">`],
    [
      'several attributes',
      '<img alt="/no" usemap="/m" src="/s">',
      `<img alt="/no" usemap="${prefix}/m" src="${prefix}/s">`,
    ],
    ['what closes itself', '<form action="/f/"/>', `<form action="${prefix}/f/"/>`],
    [
      'a script’s source but not its text',
      '<script src="/s">"<a href=/n>"</script><a href="/y">',
      `<script src="${prefix}/s">"<a href=/n>"</script><a href="${prefix}/y">`,
    ],
    ['letters beyond ASCII', '<a title="ü à" href="/ü b">à', `<a title="ü à" href="${prefix}/%C3%BC%20b">à`],
  ])('rewrites %s', (_, html, expected) => expect(rewrite(html)).toBe(expected))

  test.each([
    ['relative links', '<a href="rel"><a href>'],
    ['other hosts', '<a href="http://other/x">'],
    ['comments', '<!-- <a href="/c"> --><!--><p>'],
    ['doctypes and instructions', '<!doctype html><?xml a="/b"?>'],
    ['elements without links', '<x href="/y"><p src="/z">'],
    ['end tags', '</a href="/x">'],
    ['titles', '<title><a href="/x"></title>'],
    ['plain text to the end', '<plaintext><a href="/x"></plaintext><a href="/y">'],
    ['a value that is no URL', '<a href="/%zz">'],
    ['a reference nobody knows', '<a href="/&nosuch;x">'],
    ['a lone <', 'a < b <3 <a'],
    ['a tag that never ends', '<a href="/x'],
  ])('leaves %s', (_, html) => expect(rewrite(html)).toBe(html))

  test('gives up on a tag of a megabyte', () => {
    const rewriter = new HtmlRewriter(context)
    const endless = `<a title="${'x'.repeat(1024 * 1024)}`
    expect(rewriter.push(endless)).toBe(endless)
  })
})
