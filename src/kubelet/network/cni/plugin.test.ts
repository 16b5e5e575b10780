import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FakeClock } from '../../../machinery/fake-clock.js'
import { newPluginRunner } from './plugin.js'

let directory: string
const clock = new FakeClock()
const attachment = { containerId: 'c1', namespace: '/proc/1/ns/net', interfaceName: 'eth0', args: 'A=b' }
const call = { command: 'ADD', attachment } as const

const run = (type: string) =>
  newPluginRunner({ directories: ['/nowhere', directory], path: '/usr/bin:/bin', clock, timeoutMs: 5000 })(type, call, {
    name: 'pods',
  })
const program = (name: string, script: string) =>
  writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cni-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('gives the parameters in the environment, the configuration on standard input, and nothing else', async () => {
  await program('tells', 'env | grep -v ^PWD= | grep -v ^_= | grep -v ^SHLVL= | sort; cat')
  expect((await run('tells')).split('\n')).toEqual([
    'CNI_ARGS=A=b',
    'CNI_COMMAND=ADD',
    'CNI_CONTAINERID=c1',
    'CNI_IFNAME=eth0',
    'CNI_NETNS=/proc/1/ns/net',
    `CNI_PATH=/nowhere:${directory}`,
    'PATH=/usr/bin:/bin',
    '{"name":"pods"}',
  ])
})

test('says what a plugin complains of, though it does not read', async () => {
  await program('fails', `exec <&-; echo '{"code":11,"msg":"busy"}'; exit 1`)
  await expect(run('fails')).rejects.toThrow('CNI plugin fails failed to ADD: busy (try again later)')
})

test('says where it looked for a plugin that is not there', async () => {
  await expect(run('none')).rejects.toThrow(`there is no CNI plugin none in /nowhere, ${directory}`)
})

test('kills a plugin that takes too long, with what it started', async () => {
  await program('hangs', 'sleep 1000 & wait')
  const late = run('hangs')
  const outcome = expect(late).rejects.toThrow('CNI plugin hangs did not ADD within 5 s')
  while (clock.pending === 0) await new Promise(resolve => setImmediate(resolve))
  await clock.advance(5000)
  await outcome
})
