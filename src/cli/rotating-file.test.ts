import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { RotatingFile } from './rotating-file.js'

let directory: string
let now: number
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-rotating-'))
  now = Date.UTC(2030, 0, 1)
})
afterEach(() => rmSync(directory, { recursive: true }))

const open = (options = {}) =>
  new RotatingFile({
    ...{ path: join(directory, 'logs/audit.log'), maxBytes: 10, maxBackups: 0, maxAge: 0, now: () => now },
    ...options,
  })
const files = () => readdirSync(join(directory, 'logs')).sort()
const text = (name: string) => readFileSync(join(directory, 'logs', name), 'utf8')
const second = 1000

test('a file that would grow too long is put aside under the time of its end', () => {
  const file = open()
  for (const line of ['12345\n', '1234\n', 'abcdef\n']) {
    now += second
    file.write(line)
  }
  expect(files()).toEqual(['audit-2030-01-01T00-00-02.000.log', 'audit-2030-01-01T00-00-03.000.log', 'audit.log'])
  expect(files().map(text)).toEqual(['12345\n', '1234\n', 'abcdef\n'])
  expect(statSync(join(directory, 'logs/audit.log')).mode & 0o777).toBe(0o600)
})

test('a line longer than a file may be is written whole', () => {
  const file = open()
  file.write(`${'x'.repeat(50)}\n`)
  expect(text('audit.log')).toHaveLength(51)
})

test('one that is there is gone on with', () => {
  open().write('1234\n')
  open().write('567\n')
  expect(text('audit.log')).toBe('1234\n567\n')
})

test('of those put aside so many are kept, and none that is too old; other files stay', () => {
  const file = open({ maxBackups: 2, maxAge: 10 * second })
  writeFileSync(join(directory, 'logs/audit-notes.log'), '')
  for (let n = 0; n < 5; n++) {
    now += second
    file.write('123456789\n')
  }
  expect(files()).toEqual([
    'audit-2030-01-01T00-00-04.000.log',
    'audit-2030-01-01T00-00-05.000.log',
    'audit-notes.log',
    'audit.log',
  ])
  now += 60 * second
  file.write('123456789\n')
  expect(files()).toEqual(['audit-2030-01-01T00-01-05.000.log', 'audit-notes.log', 'audit.log'])
})
