/** The AdmissionConfiguration file: a list of plugins with what each is told, in the file or in one of its own. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  type PodSecurityConfiguration,
  validatePodSecurityConfiguration,
} from '../apiserver/admission/pod-security/configuration.js'
import type { AdmissionConfig } from '../apiserver/deps.js'
import { UsageError } from './flags.js'

interface PluginConfiguration {
  name?: string
  path?: string
  configuration?: unknown
}

interface Typed {
  apiVersion?: string
  kind?: string
}

const admissionVersions = ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1']
const podSecurityVersions = ['v1', 'v1beta1', 'v1alpha1'].map(v => `pod-security.admission.config.k8s.io/${v}`)

function expectType(document: unknown, { kind, versions }: { kind: string; versions: string[] }, where: string): void {
  const found = (document ?? {}) as Typed
  if (found.kind !== kind || !versions.includes(found.apiVersion ?? ''))
    throw new UsageError(`${where} must hold kind ${kind} of ${versions[0]}, not ${found.kind} of ${found.apiVersion}`)
}

/** Plugins other than PodSecurity take no configuration here. Throws UsageError. */
export async function readAdmissionConfig(text: string, path: string): Promise<AdmissionConfig> {
  const { load } = await import('js-yaml')
  const parse = (content: string, where: string): unknown => {
    try {
      return load(content)
    } catch (error) {
      throw new UsageError(`${where}: ${(error as Error).message}`)
    }
  }
  const document = parse(text, path) as Typed & { plugins?: PluginConfiguration[] }
  expectType(document, { kind: 'AdmissionConfiguration', versions: admissionVersions }, path)
  const config: AdmissionConfig = {}
  for (const plugin of document.plugins ?? []) {
    if (plugin.name !== 'PodSecurity') throw new UsageError(`${path}: no plugin "${plugin.name}" takes a configuration`)
    let where = path
    let { configuration } = plugin
    if (plugin.path) {
      where = resolve(dirname(path), plugin.path)
      const content = await readFile(where, 'utf8').catch(error => {
        throw new UsageError(`cannot read ${where}: ${(error as Error).message}`)
      })
      configuration = parse(content, where)
    }
    if (!configuration) continue
    expectType(configuration, { kind: 'PodSecurityConfiguration', versions: podSecurityVersions }, where)
    const errors = validatePodSecurityConfiguration(configuration as PodSecurityConfiguration)
    if (errors.length)
      throw new UsageError(`${where}: ${errors.map(({ field, message }) => `${field}: ${message}`).join(', ')}`)
    config.podSecurity = configuration as PodSecurityConfiguration
  }
  return config
}
