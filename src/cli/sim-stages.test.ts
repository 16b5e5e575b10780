import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { ContainerConfig, PodRef } from '../kubelet/runtime/types.js'
import { UsageError } from './flags.js'
import { readSimStages, simOptionsOf } from './sim-stages.js'

const directory = mkdtempSync(join(tmpdir(), 'minik8s-stages-'))
afterAll(() => rmSync(directory, { recursive: true }))
const fileOf = (text: string): string => {
  const path = join(directory, `${Math.random()}.yaml`)
  writeFileSync(path, `apiVersion: minik8s.dev/v1alpha1\nkind: SimulationStages\n${text}`)
  return path
}

const example = `
stages:
  - match: { pod: 'crash-*', container: main }
    startSeconds: 0.5
    runSeconds: 2
    exitCode: 3
    logs: "dying\\n"
  - match: { namespace: shop, image: 'broken:*' }
    startError: no such file
  - match: { image: 'registry.local/job+1:v1' }
    runSeconds: 0
    exec: { output: hi }
missingImages: { 'ghost:1': manifest unknown }
`

describe('stages of simulated containers', () => {
  const pod = (namespace: string, name: string): PodRef => ({ namespace, name, uid: 'u' })
  const container = (name: string, image: string) => ({ name, image }) as ContainerConfig

  test.each([
    {
      ref: pod('a', 'crash-1'),
      config: container('main', 'x'),
      gets: { startMs: 500, exitAfterMs: 2000, exitCode: 3, output: 'dying\n' },
    },
    { ref: pod('a', 'crash-1'), config: container('side', 'x'), gets: {} },
    { ref: pod('shop', 'web'), config: container('main', 'broken:2'), gets: { startError: 'no such file' } },
    { ref: pod('other', 'web'), config: container('main', 'broken:2'), gets: {} },
    {
      ref: pod('a', 'b'),
      config: container('c', 'registry.local/job+1:v1'),
      gets: { exitAfterMs: 0, exec: { exitCode: 0, output: 'hi' } },
    },
    { ref: pod('a', 'b'), config: container('c', 'registryxlocal/job+1:v1'), gets: {} },
  ])('$ref.namespace/$ref.name $config.name of $config.image', async ({ ref, config, gets }) => {
    const options = simOptionsOf(await readSimStages(fileOf(example)), () => ({}))
    expect(options.behaviour?.(ref, config)).toEqual(gets)
    expect(options.missingImages?.get('ghost:1')).toBe('manifest unknown')
  })

  test('what no stage matches behaves as it would without', async () => {
    const options = simOptionsOf(await readSimStages(fileOf('')), () => ({ exitCode: 9 }))
    expect(options.behaviour?.(pod('a', 'b'), container('c', 'd'))).toEqual({ exitCode: 9 })
  })

  test.each([
    { text: 'stages: [{ runMinutes: 1 }]', says: 'stages.0: must NOT have additional properties: runMinutes' },
    { text: 'stages: [{ exitCode: 300 }]', says: 'stages.0.exitCode: must be <= 255' },
    { text: 'stages: [', says: 'cannot read --sim-stages' },
  ])('refuses $text', async ({ text, says }) => {
    const refused = await readSimStages(fileOf(text)).catch(error => error)
    expect(refused).toBeInstanceOf(UsageError)
    expect(refused.message).toContain(says)
  })
})
