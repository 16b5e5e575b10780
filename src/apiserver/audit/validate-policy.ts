/** What may be wrong with an audit policy, in upstream's words. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsDnsSubdomain } from '../../machinery/name-rules.js'
import { type AuditPolicy, type AuditRule, auditLevels, auditStages } from './policy.js'

const stageErrors = (stages: readonly string[] = [], field: string): FieldError[] =>
  stages.flatMap((stage, i) =>
    (auditStages as readonly string[]).includes(stage)
      ? []
      : [invalid(`${field}[${i}]`, stage, `allowed stages are ${auditStages.join(',')}`)],
  )

function levelErrors(level: string | undefined, field: string): FieldError[] {
  if (!level) return [required(field)]
  return (auditLevels as readonly string[]).includes(level) ? [] : [notSupported(field, level, auditLevels)]
}

const urlErrors = (urls: readonly string[] = [], field: string): FieldError[] =>
  urls.flatMap((url, i) => [
    ...(url === '*' || url.startsWith('/')
      ? []
      : [invalid(`${field}[${i}]`, url, "non-resource URL rules must begin with a '/' character")]),
    ...(url.slice(0, -1).includes('*')
      ? [invalid(`${field}[${i}]`, url, "non-resource URL wildcards '*' must be the final character of the rule")]
      : []),
  ])

function ruleErrors(rule: AuditRule, field: string): FieldError[] {
  const { level, nonResourceURLs, resources = [], namespaces, omitStages } = rule
  const errors = [...levelErrors(level, `${field}.level`), ...urlErrors(nonResourceURLs, `${field}.nonResourceURLs`)]
  for (const { group, resources: names, resourceNames } of resources) {
    const flaw = group ? nameIsDnsSubdomain(group, false).join(',') : ''
    if (flaw) errors.push(invalid(`${field}.resources.group`, group, flaw))
    if (resourceNames?.length && !names?.length)
      errors.push(
        invalid(
          `${field}.resources.resourceNames`,
          resourceNames,
          'using resourceNames requires at least one resource',
        ),
      )
  }
  errors.push(...stageErrors(omitStages, `${field}.omitStages`))
  if (nonResourceURLs?.length && (resources.length || namespaces?.length))
    errors.push(
      invalid(
        `${field}.nonResourceURLs`,
        nonResourceURLs,
        'rules cannot apply to both regular resources and non-resource URLs',
      ),
    )
  return errors
}

/** Empty when the policy can be used. */
export function validateAuditPolicy({ omitStages, rules = [] }: Partial<AuditPolicy>): FieldError[] {
  return [...stageErrors(omitStages, 'omitStages'), ...rules.flatMap((rule, i) => ruleErrors(rule, `rules[${i}]`))]
}
