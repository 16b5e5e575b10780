/** The PodSecurityConfiguration (pod-security.admission.config.k8s.io): defaults of namespaces without labels, and who is exempt. */
import { duplicate, type FieldError, invalid } from '../../../machinery/field-error.js'
import { isDns1123Label, isDns1123Subdomain } from '../../../machinery/names.js'
import {
  latest,
  levelMistake,
  type Mode,
  modes,
  type Policy,
  parseLevel,
  parseVersion,
  versionMistake,
} from './policy.js'

export interface PodSecurityConfiguration {
  /** Keys as in the namespace labels: `enforce`, `enforce-version` and so on; what is absent is privileged and latest. */
  defaults?: Partial<Record<Mode | `${Mode}-version`, string>>
  exemptions?: { usernames?: string[]; namespaces?: string[]; runtimeClasses?: string[] }
}

/** What is wrong with it, in upstream's words. */
export function validatePodSecurityConfiguration({
  defaults = {},
  exemptions = {},
}: PodSecurityConfiguration): FieldError[] {
  const errors: FieldError[] = []
  for (const mode of ['enforce', 'warn', 'audit'] as const) {
    const level = defaults[mode] || 'privileged'
    const version = defaults[`${mode}-version`] || 'latest'
    if (!parseLevel(level)) errors.push(invalid(`defaults.${mode}`, level, levelMistake))
    if (parseVersion(version) === undefined) errors.push(invalid(`defaults.${mode}-version`, version, versionMistake))
  }
  const check = (list: keyof typeof exemptions, mistakes: (value: string) => readonly string[]) => {
    const seen = new Set<string>()
    for (const [index, value] of (exemptions[list] ?? []).entries()) {
      const field = `exemptions.${list}[${index}]`
      const found = mistakes(value)
      if (found.length) errors.push(invalid(field, value, found.join(', ')))
      else if (seen.has(value)) errors.push(duplicate(field, value))
      seen.add(value)
    }
  }
  check('namespaces', isDns1123Label)
  check('runtimeClasses', isDns1123Subdomain)
  check('usernames', name => (name ? [] : ['username must not be empty']))
  return errors
}

/** The policy of a namespace that says nothing; of a configuration that is valid. */
export function defaultPolicyOf({ defaults = {} }: PodSecurityConfiguration): Policy {
  const of = (mode: Mode) => ({
    level: parseLevel(defaults[mode] ?? '') ?? ('privileged' as const),
    version: parseVersion(defaults[`${mode}-version`] ?? '') ?? latest,
  })
  return Object.fromEntries(modes.map(mode => [mode, of(mode)])) as unknown as Policy
}
