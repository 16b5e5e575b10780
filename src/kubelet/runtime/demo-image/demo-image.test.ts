import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { describeDemoImage, isDemoImage } from './demo-image.js'
import { demoServer } from './demo-server.js'
import { librariesIn } from './node-files.js'

describe('the image that is built in', () => {
  test.each([
    { image: 'minik8s/demo', ours: true },
    { image: 'minik8s/demo:latest', ours: true },
    { image: 'docker.io/minik8s/demo:latest', ours: true },
    { image: 'minik8s/demo:2', ours: false },
    { image: 'quay.io/minik8s/demo', ours: false },
    { image: 'demo', ours: false },
  ])('$image: ours is $ours', ({ image, ours }) => expect(isDemoImage(image)).toBe(ours))

  test('holds Node, its loader and every library that the loader names', async () => {
    if (process.platform !== 'linux') return
    const { files, config } = await describeDemoImage()
    const paths = files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['/usr/local/bin/node', '/demo/server.js', '/etc/passwd']))
    for (const file of files) if ('copyOf' in file) expect(file.size).toBeGreaterThan(0)
    expect(config.Cmd).toEqual(['node', '/demo/server.js'])
  })

  test('is the same image as long as Node is the same', async () => {
    if (process.platform !== 'linux') return
    expect((await describeDemoImage()).digest).toBe((await describeDemoImage()).digest)
  })
})

test.each([
  {
    loader: 'glibc',
    list: '\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f2)\n',
    libraries: ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'],
  },
  {
    loader: 'musl',
    list: '\t/lib/ld-musl-x86_64.so.1 (0x7f)\n\tlibstdc++.so.6 => /usr/lib/libstdc++.so.6 (0x7f)\n\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f)\n',
    libraries: ['/lib/ld-musl-x86_64.so.1', '/usr/lib/libstdc++.so.6'],
  },
])('reads the list of $loader', ({ list, libraries }) => expect(librariesIn(list)).toEqual(libraries))

test('the server greets, logs who asked, and ends when it is asked to', async () => {
  const child = spawn(process.execPath, ['-e', demoServer], { env: { PORT: '0', GREETING: 'Hi' } })
  let log = ''
  child.stdout.on('data', chunk => {
    log += chunk
  })
  while (!log.includes('listening')) await once(child.stdout, 'data')
  const port = /port (\d+)/.exec(log)![1]
  const answers = ['/', '/healthz'].map(async path => (await fetch(`http://127.0.0.1:${port}${path}`)).text())
  expect(await Promise.all(answers)).toEqual([`Hi from ${hostname()}\n`, 'ok\n'])
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
  expect(log).toMatch(/listening on port \d+, Node\.js v\d+[\s\S]*GET \/ from [\s\S]*SIGTERM: stopping\n$/)
})
