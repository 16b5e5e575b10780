/** What simulated containers do, as a file says it: how long they take, whether they fail, when they end, what they print. */
import type { SimBehaviour, SimOptions } from '../kubelet/runtime/sim/sim-runtime.js'
import type { ContainerConfig, PodRef } from '../kubelet/runtime/types.js'
import { configurationApiVersion } from './configuration.js'
import { UsageError } from './flags.js'
import { readFlagFile } from './read-flag-file.js'

/** Texts in which `*` stands for anything; what is absent matches all. */
interface StageMatch {
  namespace?: string
  pod?: string
  container?: string
  image?: string
}

/** How the containers behave that it matches. */
interface SimStage {
  match?: StageMatch
  /** Until it runs. */
  startSeconds?: number
  /** The start fails, with this message. */
  startError?: string
  /** Until it exits by itself; absent: never. */
  runSeconds?: number
  exitCode?: number
  /** Until it is down once it is asked to stop. */
  stopSeconds?: number
  logs?: string
  exec?: { exitCode?: number; output?: string }
}

interface SimStagesFile {
  stages?: readonly SimStage[]
  /** By name: what a pull says. */
  missingImages?: Readonly<Record<string, string>>
}

const seconds = { type: 'number', minimum: 0 }
const exitCode = { type: 'integer', minimum: 0, maximum: 255 }
const text = { type: 'string' }
const object = (properties: Record<string, object>) => ({ type: 'object', additionalProperties: false, properties })

const fileSchema = {
  ...object({
    apiVersion: { const: configurationApiVersion },
    kind: { const: 'SimulationStages' },
    stages: {
      type: 'array',
      items: object({
        match: object({ namespace: text, pod: text, container: text, image: text }),
        startSeconds: seconds,
        startError: text,
        runSeconds: seconds,
        exitCode,
        stopSeconds: seconds,
        logs: text,
        exec: object({ exitCode, output: text }),
      }),
    },
    missingImages: { type: 'object', additionalProperties: text },
  }),
  required: ['apiVersion', 'kind'],
}

const pattern = (glob: string) =>
  new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's')

function matcherOf({ namespace, pod, container, image }: StageMatch) {
  const tests = [namespace, pod, container, image].map(glob => (glob === undefined ? undefined : pattern(glob)))
  return (ref: PodRef, config: ContainerConfig): boolean =>
    [ref.namespace, ref.name, config.name, config.image].every((value, i) => tests[i]?.test(value) ?? true)
}

const milliseconds = (value: number | undefined) => value !== undefined && value * 1000

function behaviourOf(stage: SimStage): SimBehaviour {
  const { startSeconds, startError, runSeconds, stopSeconds, logs, exec } = stage
  const [startMs, exitAfterMs, stopMs] = [startSeconds, runSeconds, stopSeconds].map(milliseconds)
  return {
    ...(startMs && { startMs }),
    ...(typeof exitAfterMs === 'number' && { exitAfterMs }),
    ...(stopMs && { stopMs }),
    ...(startError && { startError }),
    ...(stage.exitCode !== undefined && { exitCode: stage.exitCode }),
    ...(logs && { output: logs }),
    ...(exec && { exec: { exitCode: exec.exitCode ?? 0, output: exec.output ?? '' } }),
  }
}

/** The first stage that matches a container decides; what none matches, `otherwise` does. Pure. */
export function simOptionsOf(
  { stages = [], missingImages }: SimStagesFile,
  otherwise: NonNullable<SimOptions['behaviour']>,
): Pick<SimOptions, 'behaviour' | 'missingImages'> {
  const all = stages.map(stage => ({ matches: matcherOf(stage.match ?? {}), behaviour: behaviourOf(stage) }))
  return {
    behaviour: (pod, config) => all.find(({ matches }) => matches(pod, config))?.behaviour ?? otherwise(pod, config),
    ...(missingImages && { missingImages: new Map(Object.entries(missingImages)) }),
  }
}

/** Throws UsageError with a sentence that says what to change. */
export async function readSimStages(path: string): Promise<SimStagesFile> {
  const [{ load }, { Ajv }] = await Promise.all([import('js-yaml'), import('ajv')])
  const content = (await readFlagFile('sim-stages', path)) ?? ''
  let document: unknown
  try {
    document = load(content)
  } catch (error) {
    throw new UsageError(`cannot read --sim-stages ${path}: ${(error as Error).message}`)
  }
  const check = new Ajv({ allErrors: true, strict: false }).compile<SimStagesFile>(fileSchema)
  if (check(document)) return document
  const lines = (check.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = params.additionalProperty ?? params.allowedValue
    return `  ${instancePath.slice(1).replaceAll('/', '.') || '(top level)'}: ${message}${extra ? `: ${extra}` : ''}`
  })
  throw new UsageError(`${path} is not a valid SimulationStages of ${configurationApiVersion}:\n${lines.join('\n')}`)
}
