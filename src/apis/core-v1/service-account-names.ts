/** Annotations that tie secrets to service accounts. */

/** On a token secret: the account it is for. */
export const serviceAccountNameAnnotation = 'kubernetes.io/service-account.name'
/** On a service account, of old: only the secrets it lists may be mounted. */
export const enforceMountableSecretsAnnotation = 'kubernetes.io/enforce-mountable-secrets'
