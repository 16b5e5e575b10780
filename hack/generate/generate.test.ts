import { expect, test } from '@jest/globals'
import { encodeV2 } from '../../src/apiserver/openapi/protobuf/document.js'
import { yamlText } from '../../src/apiserver/openapi/protobuf/yaml-text.js'
import { commentText } from './comment-text.js'
import type { Definition } from './definitions.js'
import { describe, joinTexts } from './describe.js'
import type { ProtoFacts } from './facts.js'
import { groupVersionOfPath, shortName } from './naming.js'
import { documentKey } from './openapi/documents-v3.js'
import { declaredDescriptions } from './package-descriptions.js'
import { protobufNumbers } from './protobuf-numbers.js'

test.each([
  {
    name: 'takes escapes away',
    comment: "\n* The container image\\'s &#39;CMD&#39; \\*\n",
    text: "The container image's 'CMD' \\*",
  },
  { name: 'puts paragraphs back', comment: '* One.  Two.', text: 'One.\n\nTwo.' },
  { name: 'puts indented lines back', comment: '* List:   - a', text: 'List:\n  - a' },
  { name: 'puts list items back', comment: '* - a   ends. - b', text: '- a\n  ends.\n- b' },
  { name: 'gives nothing for nothing', comment: undefined, text: '' },
])('commentText $name', ({ comment, text }) => {
  expect(commentText(comment)).toBe(text)
})

const modes = 'One of them.\n\nPossible enum values:\n - `"New"` came later.\n - `"Old"` was there.'

test.each([
  { name: 'takes line breaks', library: 'One. Two.', packaged: 'One.\n\nTwo.', text: 'One.\n\nTwo.' },
  { name: 'keeps the first letter', library: 'Spec of it.', packaged: 'spec of\nit.', text: 'Spec of\nit.' },
  { name: 'keeps the words of this version', library: 'Alpha.', packaged: 'Beta.', text: 'Alpha.' },
  { name: 'keeps what only the library has', library: 'Alpha.', packaged: '', text: 'Alpha.' },
  { name: 'fills what the library lost', library: '', packaged: 'Beta.', text: 'Beta.' },
  {
    name: 'lists the values of this version',
    library: 'Only one.',
    packaged: modes,
    text: 'Only one.\n\nPossible enum values:\n - `"Old"` was there.',
  },
])('joining texts $name', ({ library, packaged, text }) => {
  expect(joinTexts(library, packaged, ['', 'Old'])).toBe(text)
})

test('no list is left of values that this version does not check', () => {
  expect(joinTexts('', modes, [])).toBe('One of them.')
})

const declaration = `/**
 * Spec of a thing.
 */
export interface ISpec {
    /**
     * Any of \\*.
     *
     * More.
     */
    "mode"?: "a" | "b";
    "nested"?: {
        /**
         * Not a field.
         */
        "inner"?: string;
    };
    /**
     * The port.
     *
     * @deprecated
     */
    "port": IIoK8sPort;
}
/**
 * Spec of a thing.
 */
export declare class Spec extends Model<ISpec> implements ISpec {
    "mode"?: "a" | "b";
}
`

test('a declaration has descriptions of its type and fields', () => {
  expect([...declaredDescriptions(declaration, 'a.v1.Spec')]).toEqual([
    ['a.v1.Spec', 'Spec of a thing.'],
    ['a.v1.Spec.mode', 'Any of *.\n\nMore.'],
    ['a.v1.Spec.nested', ''],
    ['a.v1.Spec.port', 'The port.'],
  ])
  expect([...declaredDescriptions('/**\n * A time.\n */\nexport type ITime = string;\n', 'a.v1.Time')]).toEqual([
    ['a.v1.Time', 'A time.'],
  ])
})

test('the description of its type is not that of a field', () => {
  const port: Definition = { full: 'x.a.v1.Port', short: 'a.v1.Port', doc: '', fields: {}, required: [] }
  const fields = { port: { ref: port.full, doc: 'A  port.' }, other: { ref: port.full, doc: 'A port.' } }
  const spec: Definition = { full: 'x.a.v1.Spec', short: 'a.v1.Spec', doc: 'S.', fields, required: [] }
  const texts = new Map([
    ['a.v1.Port', 'A port.'],
    ['a.v1.Spec.port', 'Where to listen.'],
    ['a.v1.Spec.other', ''],
  ])
  describe(new Map([port, spec].map(definition => [definition.full, definition])), texts)
  expect(spec.fields).toMatchObject({ port: { doc: 'Where to listen.' }, other: { doc: undefined } })
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
