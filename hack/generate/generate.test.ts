import { expect, test } from '@jest/globals'
import { commentText } from './comment-text.js'
import type { ProtoFacts } from './facts.js'
import { groupVersionOfPath, shortName } from './naming.js'
import { documentKey } from './openapi/documents-v3.js'
import { encodeV2 } from './openapi/protobuf-v2.js'
import { yamlText } from './openapi/yaml-text.js'
import { protobufNumbers } from './protobuf-numbers.js'

test.each([
  {
    name: 'takes escapes away',
    comment: "\n* The container image\\'s &#39;CMD&#39; \\*\n",
    text: "The container image's 'CMD' \\*",
  },
  { name: 'puts paragraphs back', comment: '* One.  Two.', text: 'One.\n\nTwo.' },
  { name: 'puts indented lines back', comment: '* List:   - a', text: 'List:\n  - a' },
  { name: 'gives nothing for nothing', comment: undefined, text: '' },
])('commentText $name', ({ comment, text }) => {
  expect(commentText(comment)).toBe(text)
})

test.each([
  { path: '/api/v1/pods', gv: { group: '', version: 'v1' }, key: 'api/v1' },
  { path: '/apis/apps/v1/deployments', gv: { group: 'apps', version: 'v1' }, key: 'apis/apps/v1' },
  { path: '/apis/apps/', gv: undefined, key: 'apis/apps' },
  { path: '/version/', gv: undefined, key: 'version' },
])('$path belongs to $key', ({ path, gv, key }) => {
  expect(groupVersionOfPath(path)).toEqual(gv)
  expect(documentKey(path)).toBe(key)
})

test('a short name is group, version and kind', () => {
  expect(shortName('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON')).toBe('apiextensions.v1.JSON')
})

test('protobuf numbers count on, jump, and lead into inlined messages', () => {
  const facts: ProtoFacts = { pointers: {}, 'a.v1.Outer': 'x - y +inner:a.v1.Inner z=9 w', 'a.v1.Inner': 'p q=4' }
  expect([...protobufNumbers(facts, 'a.v1.Outer')]).toEqual([
    ['x', [1]],
    ['y', [3]],
    ['p', [4, 1]],
    ['q', [4, 4]],
    ['z', [9]],
    ['w', [10]],
  ])
})

test.each([
  { value: 'merge', yaml: 'merge\n' },
  { value: ['name'], yaml: '- name\n' },
  { value: { version: 'v1', group: '' }, yaml: 'group: ""\nversion: v1\n' },
  { value: '', yaml: '""\n' },
])('an extension is printed as $yaml', ({ value, yaml }) => {
  expect(yamlText(value)).toBe(yaml)
})

test('the protobuf form of a small document', () => {
  const document = { swagger: '2.0', info: { title: 'K', version: '1' }, definitions: { A: { type: 'object' } } }
  // swagger; info { title version }; paths {}; definitions { A: { type { "object" } } }; parameters {}; securityDefinitions {}
  const expected = '0a03322e30 12060a014b120131 4200 4a12 0a10 0a0141 120b b201080a066f626a656374 5200 6a00'
  expect(encodeV2(document).toString('hex')).toBe(expected.replaceAll(' ', ''))
})
