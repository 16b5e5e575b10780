import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parseConfiguration, readConfiguration, subnetOf } from './configuration.js'

const parse = (file: string, document: unknown) => parseConfiguration(file, JSON.stringify(document))
const list = { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'bridge' }, { type: 'portmap' }] }

describe('parseConfiguration', () => {
  test('reads a list of plugins', () => {
    const read = { name: 'pods', cniVersion: '1.0.0', disableCheck: false, plugins: list.plugins }
    expect(parse('a.conflist', list)).toEqual(read)
    expect(parse('a.conflist', { ...list, disableCheck: true }).disableCheck).toBe(true)
  })

  test('reads a plugin alone as a list of one', () => {
    const { plugins, cniVersion } = parse('a.conf', { name: 'pods', type: 'ptp', ipam: { type: 'host-local' } })
    expect(plugins).toEqual([{ name: 'pods', type: 'ptp', ipam: { type: 'host-local' } }])
    expect(cniVersion).toBe('0.1.0')
  })

  test('speaks the newest version that is offered and known', () => {
    const versions = ['0.4.0', '1.0.0', '1.1.0', '9.0.0']
    expect(parse('a.conflist', { ...list, cniVersions: versions }).cniVersion).toBe('1.1.0')
  })

  test.each([
    ['a.conflist', { ...list, name: 'no/name' }, 'a.conflist: it has no valid name'],
    ['a.conflist', { ...list, plugins: [] }, 'a.conflist: it has no plugins'],
    ['a.conflist', { ...list, plugins: [{}] }, 'a.conflist: a plugin has no type'],
    ['a.conflist', { ...list, plugins: [{ type: '../sh' }] }, 'a.conflist: the type ../sh of a plugin is a path'],
    ['a.conf', { ...list, type: 'x', cniVersion: '7.0.0' }, 'its version is 7.0.0; known are 0.1.0 to 1.1.0'],
    ['a.conf', [], 'a.conf: it is no object'],
  ])('%s with %j is refused', (file, document, message) => {
    expect(() => parse(file, document)).toThrow(message)
  })
})

test.each([
  [{ subnet: '10.1.0.0/16' }, '10.1.0.0/16'],
  [{ ranges: [[{ subnet: 'fd00::/64' }], [{ subnet: '10.2.0.0/16' }]] }, '10.2.0.0/16'],
  [undefined, undefined],
])('subnetOf ipam %j is %s', (ipam, subnet) => {
  expect(subnetOf(parse('a.conf', { name: 'pods', type: 'x', ipam }), 'IPv4')).toBe(subnet)
})

describe('readConfiguration', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cni-'))
  })
  afterEach(() => rm(directory, { recursive: true }))
  const put = (name: string, text: string) => writeFile(join(directory, name), text)

  test('takes the first by name that can be used', async () => {
    await put('00-broken.conf', '{')
    await put('05-notes.txt', 'nothing')
    await put('10-pods.conflist', JSON.stringify(list))
    await put('20-other.conf', JSON.stringify({ name: 'other', type: 'x' }))
    expect((await readConfiguration(directory)).name).toBe('pods')
  })

  test('says what is wrong where there is none', async () => {
    await expect(readConfiguration(directory)).rejects.toThrow(`there is no network configuration in ${directory}`)
    await put('00-broken.conf', '{')
    await expect(readConfiguration(directory)).rejects.toThrow('00-broken.conf: ')
    await expect(readConfiguration(join(directory, 'none'))).rejects.toThrow('cannot read the network configurations')
  })
})
