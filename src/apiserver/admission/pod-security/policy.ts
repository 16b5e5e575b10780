/** Which pod security levels a namespace asks for: its labels, over the configured defaults. */
import { type FieldError, invalid } from '../../../machinery/field-error.js'

export const levels = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof levels)[number]

/** The minor number of 1.x; the latest is Infinity. */
export type PolicyVersion = number
export const latest: PolicyVersion = Number.POSITIVE_INFINITY

export interface LevelVersion {
  level: Level
  version: PolicyVersion
}

/** What is refused, what is noted in the audit log and what is warned of. */
export interface Policy {
  enforce: LevelVersion
  audit: LevelVersion
  warn: LevelVersion
}

export type Mode = keyof Policy
export const modes: readonly Mode[] = ['enforce', 'audit', 'warn']

/** Negative, 0 or positive as `a` is laxer than, the same as or stricter than `b`. */
export const compareLevels = (a: Level, b: Level): number => levels.indexOf(a) - levels.indexOf(b)

export const formatVersion = (version: PolicyVersion): string => (version === latest ? 'latest' : `v1.${version}`)

/** `baseline:v1.30`. */
export const formatLevelVersion = ({ level, version }: LevelVersion): string => `${level}:${formatVersion(version)}`

export const sameLevelVersion = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.version === b.version

/** Undefined: no such level. */
export const parseLevel = (text: string): Level | undefined => levels.find(level => level === text)

/** `latest` or `v1.x`; undefined for anything else. */
export function parseVersion(text: string): PolicyVersion | undefined {
  if (text === 'latest') return latest
  const match = /^v1\.(0|[1-9][0-9]*)$/.exec(text)
  return match ? Number(match[1]) : undefined
}

/** Upstream's words for a text that neither parser knows. */
export const levelMistake = `must be one of ${levels.join(', ')}`
export const versionMistake = 'must be "latest" or "v1.x"'

export const fullyPrivileged = (policy: Policy): boolean => modes.every(mode => policy[mode].level === 'privileged')

/** The same to every pod: a version means nothing to the privileged level. */
export const equivalentPolicies = (a: Policy, b: Policy): boolean =>
  modes.every(
    mode => (a[mode].level === 'privileged' && b[mode].level === 'privileged') || sameLevelVersion(a[mode], b[mode]),
  )

export const labelOf = (mode: Mode): string => `pod-security.kubernetes.io/${mode}`
export const versionLabelOf = (mode: Mode): string => `${labelOf(mode)}-version`

/**
 * The policy of a namespace with these labels. A label that cannot be read is an error, and stands for restricted where it would
 * enforce, for privileged where it would only warn or note, and for the latest version.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy,
): { policy: Policy; errors: FieldError[] } {
  const policy: Policy = { enforce: { ...defaults.enforce }, audit: { ...defaults.audit }, warn: { ...defaults.warn } }
  const errors: FieldError[] = []
  if (!labels) return { policy, errors }
  let enforceIsGood = false
  for (const mode of modes) {
    const level = labels[labelOf(mode)]
    if (level !== undefined) {
      const parsed = parseLevel(level)
      policy[mode].level = parsed ?? (mode === 'enforce' ? 'restricted' : 'privileged')
      if (!parsed) errors.push(invalid(`metadata.labels[${labelOf(mode)}]`, level, levelMistake))
      else if (mode === 'enforce') enforceIsGood = true
    }
    const version = labels[versionLabelOf(mode)]
    if (version !== undefined) {
      const parsed = parseVersion(version)
      policy[mode].version = parsed ?? latest
      if (parsed === undefined)
        errors.push(invalid(`metadata.labels[${versionLabelOf(mode)}]`, version, versionMistake))
    }
  }
  const { enforce, warn } = policy
  // Who enforces a stricter level than is warned of is warned of that level.
  if (labels[labelOf('warn')] === undefined && enforceIsGood && compareLevels(enforce.level, warn.level) > 0) {
    warn.level = enforce.level
    if (labels[versionLabelOf('warn')] === undefined) warn.version = enforce.version
  }
  return { policy, errors }
}
