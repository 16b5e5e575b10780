/** Values that no field expects, and texts that are nearly JSON, YAML or protobuf. */
import type { Chance } from './random.js'

/** A pod, with something of everything. */
export const samplePod = () => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'sample', labels: { a: 'b' }, annotations: { note: 'x' }, ownerReferences: [] },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'x',
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: '1', memory: '1Gi' } },
        livenessProbe: { httpGet: { path: '/', port: 80 } },
      },
    ],
    volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }],
    tolerations: [{ key: 'k', operator: 'Exists', tolerationSeconds: 7 }],
    nodeSelector: { x: 'y' },
  },
})

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth)

/** Texts of values, not always JSON. */
const oddTexts: readonly ((chance: Chance) => string)[] = [
  () => 'null',
  () => '{}',
  () => '[]',
  () => '""',
  () => '-0',
  () => '1.0',
  () => '1e3',
  () => '1e999',
  () => '-1',
  () => '9007199254740993',
  () => '99999999999999999999999999',
  () => '0x10',
  () => '01',
  () => 'NaN',
  () => 'undefined',
  () => 'tru',
  () => '"\\u0000"',
  () => '"\\ud800"',
  () => '"\\x"',
  () => '"\u0001"',
  () => '"a\nb"',
  () => "'single'",
  () => '{"__proto__":{"polluted":true}}',
  () => '{"constructor":{"prototype":{"polluted":true}}}',
  () => '{"a":1,"a":2,"a":3}',
  () => '{"toString":1,"valueOf":2,"hasOwnProperty":3,"length":-1,"toJSON":4}',
  () => '[null,null]',
  () => '[[[]]]',
  () => '{"":""}',
  () => '{"a":}',
  () => '[1,]',
  () => '{,}',
  chance => nested(chance.pick([10, 100, 999, 1001, 20_000]), '[', ']'),
  chance => nested(chance.pick([10, 100, 999, 1001, 20_000]), '{"a":', '}').replace('}', '1}'),
  chance => `"${'x'.repeat(chance.pick([100, 10_000, 300_000]))}"`,
  chance => `[${new Array(chance.pick([10, 1000, 30_000])).fill('{}').join(',')}]`,
  chance => `{${Array.from({ length: chance.pick([10, 5000]) }, (_, i) => `"k${i}":{}`).join(',')}}`,
]

/** Puts an odd text where some value of the object stands. */
function withOddValue(chance: Chance, object: object): string {
  const marker = `"@@${chance.below(1e9)}@@"`
  const spots: (() => void)[] = []
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      spots.push(() => Reflect.set(value, key, JSON.parse(marker)))
      visit(inner)
    }
  }
  visit(object)
  chance.pick(spots)()
  return JSON.stringify(object).replace(marker, () => chance.pick(oddTexts)(chance))
}

/** Damages bytes: cut off, overwritten, put in, doubled. */
export function damage(chance: Chance, bytes: Buffer): Buffer {
  const at = chance.below(bytes.length + 1)
  const noise = chance.bytes(1 + chance.below(8))
  switch (chance.below(4)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + noise.length)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)])
    default:
      return Buffer.concat([bytes, bytes])
  }
}

export function brokenJson(chance: Chance, object: object): Buffer {
  if (chance.oneIn(6)) return Buffer.from(chance.pick(oddTexts)(chance))
  const text = Buffer.from(withOddValue(chance, object))
  if (chance.oneIn(4)) return damage(chance, text)
  if (chance.oneIn(12)) return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text])
  if (chance.oneIn(12)) return Buffer.from(text.toString(), 'utf16le')
  return text
}

const yamlBomb = (width: number) =>
  ['a: &a ["x","x","x","x","x","x","x","x","x"]']
    .concat(
      Array.from(
        { length: width },
        (_, i) => `${'bcdefghijk'[i]}: &${'bcdefghijk'[i]} [${new Array(9).fill(`*${'abcdefghij'[i]}`)}]`,
      ),
    )
    .join('\n')

const oddYaml: readonly ((chance: Chance) => string)[] = [
  chance => yamlBomb(chance.pick([2, 5, 9])),
  () => 'a: &a\n  b: *a\n',
  () => '&a [*a]',
  () => 'x: *none',
  () => '!!js/function "x"',
  () => '!!binary "%%%"',
  () => '!<tag:x> y',
  () => '%YAML 9.9\n---\na: 1',
  () => 'a: 1\n---\nb: 2\n',
  () => 'a:\n\t- b',
  () => '<<: {a: 1}\n<<: [1]',
  () => '<<: *x',
  () => '? {a: b}\n: c',
  () => '1: 2\nnull: 3\ntrue: 4\n[a]: 5',
  () => 'a: 1\na: 2\n',
  () => '"unterminated',
  () => "'x",
  () => '[a, b',
  () => '{a: b',
  () => 'a: b: c',
  () => '- - - - -',
  () => '@a',
  () => '`a`',
  () => '\u0000',
  () => '0o8: 0b2',
  () => '.inf: .nan',
  () => '2001-99-99: 1:2:3',
  chance => nested(chance.pick([100, 1001, 5000]), '[', ']'),
  chance => `${'a: '.repeat(chance.pick([2, 200]))}`,
  chance => Array.from({ length: chance.pick([100, 2000]) }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  chance => `a: ${'x'.repeat(chance.pick([1000, 200_000]))}`,
]

export function brokenYaml(chance: Chance): Buffer {
  const text = Buffer.from(chance.pick(oddYaml)(chance))
  return chance.oneIn(4) ? damage(chance, text) : text
}

const magic = Buffer.from('k8s\0')
const varint = (value: number): number[] => (value > 127 ? [(value & 127) | 128, ...varint(value >>> 7)] : [value])
const field = (number: number, bytes: Buffer) =>
  Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes])

export function brokenProtobuf(chance: Chance): Buffer {
  const type = Buffer.concat([field(1, Buffer.from('v1')), field(2, Buffer.from('Pod'))])
  let inner = field(1, field(1, Buffer.from('name')))
  for (let depth = chance.pick([0, 1, 50, 5000]); depth > 0; depth--) inner = field(chance.pick([1, 2, 7]), inner)
  const envelope = Buffer.concat([magic, field(1, type), field(2, inner)])
  switch (chance.below(5)) {
    case 0:
      return damage(chance, envelope)
    case 1:
      return Buffer.concat([magic, chance.bytes(chance.pick([0, 1, 20, 500]))])
    case 2:
      return chance.bytes(chance.pick([0, 1, 20, 500]))
    case 3:
      return Buffer.concat([magic, field(1, type), Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f])])
    default:
      return Buffer.concat([magic, field(1, type), field(2, chance.bytes(chance.pick([1, 40, 400])))])
  }
}
