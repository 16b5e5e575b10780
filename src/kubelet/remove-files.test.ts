import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { newRemoveFiles } from './remove-files.js'

let place: string
let asked: string[]
const runtime = { removeFiles: async (path: string) => void asked.push(path) }
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'minik8s-remove-'))
  asked = []
})
afterEach(() => rm(place, { recursive: true, force: true }))

describe('files of pods', () => {
  test('are removed by the kubelet, where it may', async () => {
    await mkdir(join(place, 'a/b'), { recursive: true })
    await newRemoveFiles(runtime)(join(place, 'a'))
    await expect(rm(join(place, 'a'))).rejects.toThrow('ENOENT')
    await newRemoveFiles(runtime)(join(place, 'a'))
    expect(asked).toEqual([])
  })

  test('are left to the runtime where the kubelet may not', async () => {
    // Nobody may remove what the kernel shows.
    const kept = '/proc/self/attr'
    await newRemoveFiles(runtime)(kept)
    expect(asked).toEqual([kept])
    await expect(newRemoveFiles({})(kept)).rejects.toThrow()
  })
})
