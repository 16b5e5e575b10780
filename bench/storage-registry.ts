/** What the registry and the watch cache cost by themselves: no HTTP, no TLS, the store's log on a real disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pod } from '../src/apis/core-v1/pod.js'
import { loadSchemas } from '../src/apis/generated/schema.js'
import type { AnyObject } from '../src/machinery/object-meta.js'
import { newRegistry } from '../src/registry/registry.js'
import type { Rest, WriteScope } from '../src/registry/rest.js'
import { benchClock, benchRandom, openBenchStore } from './storage.js'

const scope: WriteScope = { user: { name: 'bench', groups: [] }, dryRun: false, subresource: '' }
const clients = 64

/** About 1.5 KB as sent. */
function newPod(n: number): AnyObject {
  const object = {
    metadata: {
      name: `pod-${String(n).padStart(6, '0')}`,
      namespace: 'bench',
      labels: { app: `app-${n % 50}`, tier: 'web' },
    },
    spec: {
      nodeName: `node-${n % 100}`,
      containers: [
        {
          name: 'main',
          image: 'registry.example.com/team/application:v1.2.3',
          env: Array.from({ length: 20 }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value of variable ${i}` })),
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } },
        },
      ],
    },
  }
  pod.setDefaults?.(object as never)
  return object as unknown as AnyObject
}

async function measure(name: string, total: number, run: (n: number) => Promise<unknown>, workers = clients) {
  let next = 0
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let n = next++; n < total; n = next++) await run(n)
    }),
  )
  const [ms, used] = [performance.now() - began, process.cpuUsage(cpu)]
  const micros = ((used.user + used.system) / total).toFixed(1)
  console.log(`${name}: ${Math.round((total / ms) * 1000)}/s, ${micros} µs of CPU each`)
}

async function benchVerbs(rest: Rest, size: number): Promise<void> {
  const keyOf = (n: number) => ({ name: `pod-${String(n).padStart(6, '0')}`, namespace: 'bench' })
  await measure('create', size, n => rest.create('bench', newPod(n), scope))
  await measure('get', size, async n => (await rest.get(keyOf(n))).bytes)
  const label = (n: number) => (current: AnyObject | undefined) => {
    current!.metadata.labels = { ...current!.metadata.labels, touched: String(n) }
    return current!
  }
  await measure('patch', size, n => rest.update(keyOf(n), label(n), scope))
  await measure('list all', 10, async () => (await rest.list(undefined, {})).items.map(item => item.bytes), 1)
  await measure('list by label, 2 %', 200, () => rest.list(undefined, { labelSelector: 'app=app-7' }), 1)
  await measure(
    'list by spec.nodeName, 1 %',
    200,
    () => rest.list(undefined, { fieldSelector: 'spec.nodeName=node-7' }),
    1,
  )
  let events = 0
  const controller = new AbortController()
  for (let n = 0; n < 100; n++) {
    const watch = await rest.watch(
      undefined,
      { resourceVersion: String((await rest.list(undefined, { limit: 1 })).revision) },
      controller.signal,
    )
    watch.onEvents(
      batch => {
        for (const event of batch) events += event.frame.length ? 1 : 0
      },
      () => {},
    )
  }
  await measure('patch with 100 watchers', Math.min(size, 2000), n => rest.update(keyOf(n), label(size + n), scope))
  console.log(`  ${events} events`)
  controller.abort()
  await measure('delete', size, n => rest.delete(keyOf(n), { gracePeriodSeconds: 0 }, scope))
}

/** Prints a line for each verb. `parent` lies on the disk to measure. */
export async function benchRegistry(parent: string, size: number): Promise<void> {
  const directory = await mkdtemp(join(parent, 'bench-registry-'))
  try {
    const { storage } = await openBenchStore(directory)
    const registry = newRegistry({
      kinds: [pod],
      storage,
      clock: benchClock,
      random: benchRandom,
      schemas: loadSchemas(),
    })
    await benchVerbs(registry.rest(pod), size)
    registry.close()
    await storage.close()
  } finally {
    await rm(directory, { recursive: true })
  }
}
