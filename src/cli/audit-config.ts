/** The audit log as flags ask for it: reads the policy, opens the file. */
import type { Auditor } from '../apiserver/audit/auditor.js'
import type { AuditPolicy } from '../apiserver/audit/policy.js'
import { validateAuditPolicy } from '../apiserver/audit/validate-policy.js'
import type { ApiServerFlagName, ApiServerFlags } from './api-server-flags.js'
import { UsageError } from './flags.js'
import { readFlagFile } from './read-flag-file.js'
import { RotatingFile } from './rotating-file.js'
import { systemClock as clock } from './system.js'

const megabyte = 1024 * 1024
const day = 24 * 3_600_000
/** Upstream's, for a size of 0. */
const defaultMegabytes = 100

const policyType = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' }

/** Throws UsageError. */
async function parsePolicy(text: string, path: string): Promise<AuditPolicy> {
  const { load } = await import('js-yaml')
  let document: Partial<AuditPolicy & typeof policyType> | null
  try {
    document = load(text) as typeof document
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`)
  }
  const { apiVersion, kind, rules = [] } = document ?? {}
  if (apiVersion !== policyType.apiVersion || kind !== policyType.kind)
    throw new UsageError(`${path} must hold kind Policy of ${policyType.apiVersion}, not ${kind} of ${apiVersion}`)
  const errors = validateAuditPolicy(document ?? {})
  if (errors.length)
    throw new UsageError(`${path}: ${errors.map(({ field, message }) => `${field}: ${message}`).join(', ')}`)
  if (!rules.length) throw new UsageError(`${path}: loaded illegal policy with 0 rules`)
  return { ...document, rules }
}

function countOf(flags: ApiServerFlags, name: ApiServerFlagName): number {
  const text = flags[name] ?? '0'
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name} must be a whole number, not "${text}"`)
  return Number(text)
}

/** Appends lines to the log; `-` is the standard output. */
function openLog(flags: ApiServerFlags, path: string): (line: string) => void {
  const maxAge = countOf(flags, 'audit-log-maxage') * day
  const maxBackups = countOf(flags, 'audit-log-maxbackup')
  const maxBytes = (countOf(flags, 'audit-log-maxsize') || defaultMegabytes) * megabyte
  if (path === '-') return line => void process.stdout.write(line)
  try {
    const file = new RotatingFile({ path, maxBytes, maxBackups, maxAge, now: () => clock.now() })
    return line => file.write(line)
  } catch (error) {
    throw new UsageError(`--audit-log-path ${path} cannot be written: ${(error as Error).message}`)
  }
}

/** Undefined where no flag asks for one. Throws UsageError. */
export async function readAuditConfig(flags: ApiServerFlags): Promise<Auditor | undefined> {
  const { 'audit-policy-file': policyPath = '', 'audit-log-path': path = '' } = flags
  const text = await readFlagFile('audit-policy-file', policyPath)
  if (text === undefined && !path) return undefined
  if (text === undefined || !path)
    throw new UsageError(
      '--audit-policy-file and --audit-log-path must be given together: the one says what is recorded, the other where',
    )
  const { newAuditor } = await import('../apiserver/audit/auditor.js')
  return newAuditor({ clock, policy: await parsePolicy(text, policyPath), write: openLog(flags, path) })
}
