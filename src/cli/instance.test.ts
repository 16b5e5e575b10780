import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ensureOwner, readOwner } from './instance.js'

let dataDir = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'minik8s-owner-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const joined = { cluster: '0123456789', node: 'worker' }

test('a cluster has one identity for all', async () => {
  expect(await readOwner(dataDir)).toBeUndefined()
  const { id, ...rest } = await ensureOwner(dataDir)
  expect(rest).toEqual({ cluster: id })
  expect(await ensureOwner(dataDir)).toEqual({ id, cluster: id })
  expect(await readOwner(dataDir)).toEqual({ id, cluster: id })
})

test('a node that joins labels as the cluster does, and has links of its own', async () => {
  const { id, ...rest } = await ensureOwner(dataDir, joined)
  expect(id).not.toBe(joined.cluster)
  expect(rest).toEqual(joined)
  expect(await readOwner(dataDir)).toEqual({ id, ...joined })
  expect(await ensureOwner(dataDir, { ...joined, cluster: 'other' })).toEqual({ id, cluster: 'other', node: 'worker' })
})

test('a directory is of one sort', async () => {
  await ensureOwner(dataDir)
  await expect(ensureOwner(dataDir, joined)).rejects.toThrow(/is the data directory of a cluster/)
  rmSync(join(dataDir, 'cluster.json'))
  await ensureOwner(dataDir, joined)
  await expect(ensureOwner(dataDir)).rejects.toThrow(/of a node that has joined a cluster/)
})
