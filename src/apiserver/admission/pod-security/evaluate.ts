/** Runs the checks of a level and version on a pod. */
import { hostChecks } from './baseline-host.js'
import { profileChecks } from './baseline-profiles.js'
import type { Check, CheckedPod, Violation } from './check.js'
import type { Level, LevelVersion } from './policy.js'
import { restrictedChecks } from './restricted-checks.js'

const byId = (checks: readonly Check[]) => [...checks].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
const baseline = byId([...hostChecks, ...profileChecks])
const restricted = byId(restrictedChecks)

/** Later versions ask for what this one does. */
const newest = Math.max(...[...baseline, ...restricted].map(check => check.since))

function plan(level: Level, version: number): readonly Check[] {
  const applies = ({ since, until }: Check) => version >= since && (until === undefined || version < until)
  if (level === 'privileged') return []
  const base = baseline.filter(applies)
  if (level === 'baseline') return base
  const added = restricted.filter(applies)
  const overridden = new Set(added.map(check => check.overrides))
  return [...base.filter(check => !overridden.has(check.id)), ...added]
}

const plans = new Map<string, readonly Check[]>()

/** What the pod does against the level, in upstream's order; empty: it may pass. */
export function violations({ level, version }: LevelVersion, pod: CheckedPod): Violation[] {
  const effective = Math.min(version, newest)
  const key = `${level}${effective}`
  let checks = plans.get(key)
  if (!checks) plans.set(key, (checks = plan(level, effective)))
  const found: Violation[] = []
  for (const check of checks) {
    const violation = check.find(pod)
    if (violation) found.push(violation)
  }
  return found
}

/** `hostPort (container "a" uses hostPort 80), privileged (…)`. */
export const describeViolations = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')

/** The reasons alone: what many pods have in common. */
export const summarizeViolations = (found: readonly Violation[]): string => found.map(({ reason }) => reason).join(', ')
