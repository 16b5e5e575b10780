/** Checks of annotations that mean something for pods: profiles of old, deletion cost, mirror pods. */
import { type FieldError, forbidden, invalid } from '../../../machinery/field-error.js'
import type { AppArmorProfile, PodSpec, SeccompProfile } from '../../generated/core-v1.js'
import { visitContainers } from './visit-containers.js'
import { validateLocalDescendingPath } from './volumes/paths.js'

type Annotations = Readonly<Record<string, string>> | undefined

/** Marks the API object of a static pod. */
export const mirrorPodAnnotation = 'kubernetes.io/config.mirror'
export const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost'
export const appArmorAnnotationPrefix = 'container.apparmor.security.beta.kubernetes.io/'
export const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod'
export const seccompContainerAnnotationPrefix = 'container.seccomp.security.alpha.kubernetes.io/'

const initContainerAnnotations = ['alpha', 'beta'].flatMap(stage => [
  `pod.${stage}.kubernetes.io/init-containers`,
  `pod.${stage}.kubernetes.io/init-container-statuses`,
])

/** Kubernetes 1.7 and older kept init containers in annotations; what is left of these is dropped. */
export function dropInitContainerAnnotations(metadata: { annotations?: Record<string, string> } | undefined): void {
  const annotations = metadata?.annotations
  if (annotations) for (const key of initContainerAnnotations) if (key in annotations) delete annotations[key]
}

/** A 32-bit integer; undefined where the annotation is no such number. Absent means 0. */
export function deletionCostOf(annotations: Annotations): number | undefined {
  const text = annotations?.[deletionCostAnnotation]
  if (text === undefined) return 0
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return undefined
  const cost = Number(text)
  return Math.abs(cost) <= 2 ** 31 - 1 || cost === -(2 ** 31) ? cost : undefined
}

function* validateSeccomp(profile: string, path: string): Generator<FieldError> {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return
  if (profile.startsWith('localhost/')) yield* validateLocalDescendingPath(profile.slice('localhost/'.length), path)
  else yield invalid(path, profile, 'must be a valid seccomp profile')
}

function* validateAppArmor(key: string, profile: string, spec: PodSpec, path: string): Generator<FieldError> {
  const name = key.slice(appArmorAnnotationPrefix.length)
  const at = `${path}[${key}]`
  if (!visitContainers(spec, '').some(({ container }) => container.name === name))
    yield invalid(at, name, 'container not found')
  if (profile && profile !== 'runtime/default' && profile !== 'unconfined' && !profile.startsWith('localhost/'))
    yield invalid(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)
}

/** Of a pod or a template; `path` is that of the annotations. */
export function* validatePodAnnotations(annotations: Annotations, spec: PodSpec, path: string): Generator<FieldError> {
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (key === mirrorPodAnnotation && !spec.nodeName)
      yield invalid(`${path}[${key}]`, value, 'must set spec.nodeName if mirror pod annotation is set')
    else if (key === deletionCostAnnotation && deletionCostOf(annotations) === undefined)
      yield invalid(`${path}[${key}]`, value, 'must be a 32bit integer')
    else if (key === seccompPodAnnotation || key.startsWith(seccompContainerAnnotationPrefix))
      yield* validateSeccomp(value, `${path}.${key}`)
    else if (key.startsWith(appArmorAnnotationPrefix)) yield* validateAppArmor(key, value, spec, path)
  }
}

/** Mirror and AppArmor annotations are fixed at creation. */
export function* validatePodAnnotationsUpdate(
  annotations: Annotations,
  old: Annotations,
  path: string,
): Generator<FieldError> {
  const fixed = (key: string) => key === mirrorPodAnnotation || key.startsWith(appArmorAnnotationPrefix)
  const word = (key: string) => (key === mirrorPodAnnotation ? 'mirror pod annotation' : 'AppArmor annotations')
  for (const key in old)
    if (fixed(key) && annotations?.[key] !== old[key])
      yield forbidden(`${path}[${key}]`, `may not remove or update ${word(key)}`)
  for (const key in annotations)
    if (fixed(key) && !(old && key in old)) yield forbidden(`${path}[${key}]`, `may not add ${word(key)}`)
}

interface ProfileFacts {
  name: 'seccomp' | 'apparmor'
  runtimeDefault: readonly string[]
}

const seccompFacts: ProfileFacts = { name: 'seccomp', runtimeDefault: ['runtime/default', 'docker/default'] }
const appArmorFacts: ProfileFacts = { name: 'apparmor', runtimeDefault: ['runtime/default'] }

function* validateMatch(
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  [facts, path]: readonly [ProfileFacts, string],
): Generator<FieldError> {
  if (annotation === undefined || !profile) return
  const typeDiffers = forbidden(`${path}.type`, `${facts.name} type in annotation and field must match`)
  if (profile.type === 'Unconfined' && annotation !== 'unconfined') yield typeDiffers
  if (profile.type === 'RuntimeDefault' && !facts.runtimeDefault.includes(annotation)) yield typeDiffers
  if (profile.type !== 'Localhost') return
  if (!annotation.startsWith('localhost/')) yield typeDiffers
  else if (annotation.slice('localhost/'.length) !== profile.localhostProfile)
    yield forbidden(`${path}.localhostProfile`, `${facts.name} profile in annotation and field must match`)
}

/** At creation a profile may stand in an annotation and in a field only when both say the same. `path` is the spec's. */
export function* validateProfilesMatch(annotations: Annotations, spec: PodSpec, path: string): Generator<FieldError> {
  const pod = spec.securityContext
  yield* validateMatch(annotations?.[seccompPodAnnotation], pod?.seccompProfile, [
    seccompFacts,
    `${path}.securityContext.seccompProfile`,
  ])
  for (const { container, path: at } of visitContainers(spec, path)) {
    const annotation = annotations?.[seccompContainerAnnotationPrefix + container.name]
    yield* validateMatch(annotation, container.securityContext?.seccompProfile, [
      seccompFacts,
      `${at}.securityContext.seccompProfile`,
    ])
  }
  if (spec.os?.name === 'windows') return
  for (const { container, path: at } of visitContainers(spec, path)) {
    const profile = container.securityContext?.appArmorProfile ?? pod?.appArmorProfile
    yield* validateMatch(annotations?.[appArmorAnnotationPrefix + container.name], profile, [
      appArmorFacts,
      `${at}.securityContext.appArmorProfile`,
    ])
  }
}
