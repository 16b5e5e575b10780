/** ServiceAccount is the identity of processes in pods. */
import { defineKind } from '../../machinery/kind.js'
import type { ServiceAccount } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { enforceMountableSecretsAnnotation } from './service-account-names.js'

/** Of a referenced secret only the name counts. */
function keepSecretNames(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => ({ ...(name !== undefined && { name }) }))
}

const isEnforcing = ({ metadata }: ServiceAccount) =>
  metadata.annotations !== undefined && enforceMountableSecretsAnnotation in metadata.annotations

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  scope: 'Namespaced',
  names: { plural: 'serviceaccounts', shortNames: ['sa'] },

  warnings: (object, old) =>
    isEnforcing(object) && !(old && isEnforcing(old))
      ? [
          `metadata.annotations[${enforceMountableSecretsAnnotation}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : [],

  updateChecks: ['metaUpdate', 'meta', 'spec'],
  strategy: { bumpGenerationOn: [], prepareForCreate: keepSecretNames, prepareForUpdate: keepSecretNames },
  printerColumns: [
    {
      name: 'Secrets',
      description:
        'Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use. Pods are only limited to this list if this service account has a "kubernetes.io/enforce-mountable-secrets" annotation set to "true". The "kubernetes.io/enforce-mountable-secrets" annotation is deprecated since v1.32. Prefer separate namespaces to isolate access to mounted secrets. This field should not be used to find auto-generated service account token secrets for use outside of pods. Instead, tokens can be requested directly using the TokenRequest API, or service account token secrets can be manually created. More info: https://kubernetes.io/docs/concepts/configuration/secret',
      of: ({ secrets = [] }) => secrets.length,
    },
    age,
  ],
})
