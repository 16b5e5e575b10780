/** A profile: under one scheduler name, which plugins decide, how much each counts, and how a node is picked. */
import type { ExtensionPoint, PluginArgs, PluginReference, PluginSets, SchedulerProfile } from '../config/types.js'
import type { Plugin } from '../framework.js'
import { pluginRegistry } from '../plugins/index.js'
import type { BatchPlanner } from './batch.js'

export interface WeightedPlugin {
  plugin: Plugin
  weight: number
}

export interface Profile {
  /** What pods put into `schedulerName`. */
  name: string
  filters: readonly Plugin[]
  scorers: readonly WeightedPlugin[]
  reservers: readonly Plugin[]
  /** How many nodes are tried, of those that could make room; absent: nobody is preempted. */
  preemption?: { percentage: number; absolute: number }
  /** Of the nodes there are; 0 or absent: fewer the more there are. */
  percentageOfNodesToScore?: number
  /** Takes the first node that fits, without scores: always from the first node on, or each time from the one after the last. */
  firstFit?: 'first' | 'next'
  /** Decides about all that wait together, before each gets its node. */
  batch?: BatchPlanner
}

const all = '*'
const namesOf = (references: readonly PluginReference[] = []) => references.map(({ name }) => name)

export const defaultMultiPoint: readonly PluginReference[] = Object.entries(pluginRegistry).map(
  ([name, { weight }]) => ({
    name,
    ...(weight && { weight }),
  }),
)

/** What is enabled everywhere: the defaults less what is disabled, replaced in place by what is given anew, and the rest of it. */
function mergeMultiPoint({ enabled = [], disabled = [] }: NonNullable<PluginSets['multiPoint']>): PluginReference[] {
  const off = new Set(namesOf(disabled))
  const kept = off.has(all) ? [] : defaultMultiPoint.filter(({ name }) => !off.has(name))
  const own = new Map(enabled.map(reference => [reference.name, reference]))
  const replaced = kept.map(reference => own.get(reference.name) ?? reference)
  const known = new Set(namesOf(kept))
  return [...replaced, ...enabled.filter(({ name }) => !known.has(name))]
}

const goName = (point: string) => `${point[0]?.toUpperCase()}${point.slice(1)}Plugin`

/** Throws for a plugin that is not there, or does not take part at that point. */
function require(name: string, point: ExtensionPoint): void {
  const entry = pluginRegistry[name]
  if (!entry) throw new Error(`${goName(point)} ${JSON.stringify(name)} does not exist`)
  if (!entry.points.includes(point))
    throw new Error(`plugin ${JSON.stringify(name)} does not extend ${goName(point)} plugin`)
}

/** The plugins of one point: those named there that are enabled everywhere too, the others of everywhere, the others named there. */
function pluginsAt(point: ExtensionPoint, sets: PluginSets, multiPoint: readonly PluginReference[]): PluginReference[] {
  const { enabled = [], disabled = [] } = sets[point] ?? {}
  for (const { name } of enabled) require(name, point)
  const off = new Set(namesOf(disabled))
  if (off.has(all)) return [...enabled]
  const here = multiPoint.filter(({ name }) => pluginRegistry[name]?.points.includes(point) && !off.has(name))
  const everywhere = new Set(namesOf(here))
  const named = new Set(namesOf(enabled))
  return [
    ...enabled.filter(({ name }) => everywhere.has(name)),
    ...here.filter(({ name }) => !named.has(name)),
    ...enabled.filter(({ name }) => !everywhere.has(name)),
  ]
}

/** Upstream's bound: the sum of all scores must stay countable. */
const maxTotalScore = Number.MAX_SAFE_INTEGER

function weigh(scorers: WeightedPlugin[]): WeightedPlugin[] {
  const total = scorers.reduce((sum, { weight }) => sum + weight * 100, 0)
  if (total > maxTotalScore) throw new Error('total score of Score plugins could overflow')
  return scorers
}

function checkSingles(name: string, at: (point: ExtensionPoint) => PluginReference[]): void {
  const sorters = at('queueSort').length
  if (sorters !== 1)
    throw new Error(
      `only one queue sort plugin required for profile with scheduler name ${JSON.stringify(name)}, but got ${sorters}`,
    )
  if (!at('bind').length)
    throw new Error(`at least one bind plugin is needed for profile with scheduler name ${JSON.stringify(name)}`)
}

/** Throws, in upstream's words, for what its validation leaves to the start. */
export function newProfile({
  schedulerName: name = 'default-scheduler',
  plugins: sets = {},
  pluginConfig = [],
  percentageOfNodesToScore,
}: SchedulerProfile): Profile {
  const args = Object.fromEntries(pluginConfig.map(each => [each.name, each.args ?? {}])) as PluginArgs
  const multiPoint = mergeMultiPoint(sets.multiPoint ?? {})
  for (const reference of multiPoint)
    if (!pluginRegistry[reference.name]) throw new Error(`plugin ${JSON.stringify(reference.name)} does not exist`)
  const made = new Map<string, Plugin | undefined>()
  const make = (reference: PluginReference): Plugin[] => {
    if (!made.has(reference.name)) made.set(reference.name, pluginRegistry[reference.name]?.make?.(args))
    const plugin = made.get(reference.name)
    return plugin ? [plugin] : []
  }
  const at = (point: ExtensionPoint) => pluginsAt(point, sets, multiPoint)
  checkSingles(name, at)
  const { minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 } = args.DefaultPreemption ?? {}
  const preempts = at('postFilter').some(reference => reference.name === 'DefaultPreemption')
  return {
    name,
    filters: at('filter').flatMap(make),
    scorers: weigh(at('score').flatMap(r => make(r).map(plugin => ({ plugin, weight: r.weight || 1 })))),
    reservers: at('reserve').flatMap(make),
    ...(preempts && { preemption: { percentage: minCandidateNodesPercentage, absolute: minCandidateNodesAbsolute } }),
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
  }
}
