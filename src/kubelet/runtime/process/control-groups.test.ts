import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { silentLogger } from '../../../telemetry/logger.js'
import { ControlGroups, findHierarchies } from './control-groups.js'

const all = 'cpu memory pids'

describe('hierarchies of control groups', () => {
  test.each([
    {
      name: 'one (v2)',
      mounts: 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0',
      controllers: all,
      found: { unified: '/sys/fs/cgroup', separate: {} },
    },
    {
      name: 'several (v1)',
      mounts:
        'cgroup /cg/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup /cg/memory cgroup rw,memory 0 0\ncgroup /cg/systemd cgroup rw,name=systemd 0 0',
      controllers: '',
      found: { separate: { cpu: '/cg/cpu,cpuacct', cpuacct: '/cg/cpu,cpuacct', memory: '/cg/memory' } },
    },
    {
      name: 'several, and one without controllers (hybrid)',
      mounts: 'cgroup /cg/memory cgroup rw,memory 0 0\ncgroup2 /cg/unified cgroup2 rw 0 0',
      controllers: '',
      found: { separate: { memory: '/cg/memory' } },
    },
    { name: 'none', mounts: 'proc /proc proc rw 0 0', controllers: '', found: { separate: {} } },
  ])('$name', ({ mounts, controllers, found }) => expect(findHierarchies(mounts, () => controllers)).toEqual(found))
})

const directory = mkdtempSync(join(tmpdir(), 'minik8s-groups-'))
afterAll(() => rmSync(directory, { recursive: true }))
const top = () => mkdtempSync(join(directory, 'top-'))
const resources = { cpuShares: 512, cpuQuota: 50_000, memoryLimitBytes: 1 << 20, oomScoreAdj: 0 }

describe('limits of a container', () => {
  test('on one hierarchy', async () => {
    const unified = top()
    const groups = new ControlGroups({ unified, separate: {} }, 'c1', silentLogger)
    const at = join(unified, 'minik8s/c1/id')
    expect(await groups.create('id', resources)).toEqual([join(at, 'cgroup.procs')])
    const text = (name: string) => readFileSync(join(at, name), 'utf8')
    expect([text('cpu.weight'), text('cpu.max'), text('memory.max'), text('memory.swap.max')]).toEqual([
      '20',
      '50000 100000',
      '1048576',
      '0',
    ])
    await groups.limit('id', { cpuShares: 2, oomScoreAdj: 0 })
    expect([text('cpu.weight'), text('cpu.max'), text('memory.max')]).toEqual(['1', 'max 100000', 'max'])
  })

  test('on several hierarchies', async () => {
    const [cpu, memory] = [top(), top()]
    const groups = new ControlGroups({ separate: { cpu, cpuacct: cpu, memory } }, 'c1', silentLogger)
    expect(await groups.create('id', resources)).toHaveLength(2)
    const text = (path: string) => readFileSync(join(path), 'utf8')
    const at = 'minik8s/c1/id'
    expect(text(join(cpu, at, 'cpu.shares'))).toBe('512')
    expect(text(join(cpu, at, 'cpu.cfs_quota_us'))).toBe('50000')
    expect(text(join(memory, at, 'memory.limit_in_bytes'))).toBe('1048576')
    expect(text(join(memory, at, 'memory.memsw.limit_in_bytes'))).toBe('1048576')
    await groups.limit('id', { cpuShares: 2, oomScoreAdj: 0 })
    expect(text(join(cpu, at, 'cpu.cfs_quota_us'))).toBe('-1')
    expect(text(join(memory, at, 'memory.limit_in_bytes'))).toBe('-1')
  })
})

test('tells usage, and whether something was killed for want of memory', async () => {
  const unified = top()
  const groups = new ControlGroups({ unified, separate: {} }, 'c1', silentLogger)
  const at = join(unified, 'minik8s/c1/id')
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'cpu.stat'), 'usage_usec 1500\nuser_usec 1000\n')
  writeFileSync(join(at, 'memory.stat'), 'anon 300\ninactive_file 400\n')
  writeFileSync(join(at, 'memory.current'), '1000\n')
  writeFileSync(join(at, 'pids.current'), '3\n')
  writeFileSync(join(at, 'memory.events'), 'oom 1\noom_kill 1\n')
  expect(await groups.usage('id')).toEqual({
    cpuUsageNanoseconds: 1_500_000,
    memoryUsageBytes: 1000,
    memoryWorkingSetBytes: 600,
    memoryRssBytes: 300,
    pids: 3,
  })
  expect(await groups.wasOutOfMemory('id')).toBe(true)
})

test('a cluster takes its groups away with it, and leaves those of others', async () => {
  const unified = top()
  const [one, two] = ['c1', 'c2'].map(id => new ControlGroups({ unified, separate: {} }, id, silentLogger))
  for (const id of ['c1', 'c2']) mkdirSync(join(unified, 'minik8s', id, 'container'), { recursive: true })
  await one!.removeAll()
  expect(existsSync(join(unified, 'minik8s/c1'))).toBe(false)
  expect(existsSync(join(unified, 'minik8s/c2/container'))).toBe(true)
  await two!.removeAll()
  expect(existsSync(join(unified, 'minik8s'))).toBe(false)
})
