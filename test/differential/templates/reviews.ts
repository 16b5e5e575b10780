/** Kinds that are answered and not stored. */
import { kindOf, type Template } from './template.js'

const virtual = true
const attributes = { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } }

export const reviewTemplates: readonly Template[] = [
  kindOf('authentication.k8s.io/v1 SelfSubjectReview selfsubjectreviews cluster', { virtual }),
  kindOf('authentication.k8s.io/v1 TokenReview tokenreviews cluster', {
    virtual,
    body: { spec: { token: 'nonsense' } },
    variants: [{ spec: { audiences: ['a'] } }],
  }),
  kindOf('authorization.k8s.io/v1 SelfSubjectAccessReview selfsubjectaccessreviews cluster', {
    virtual,
    body: { spec: attributes },
  }),
  kindOf('authorization.k8s.io/v1 SubjectAccessReview subjectaccessreviews cluster', {
    virtual,
    body: { spec: { ...attributes, user: 'nobody' } },
    variants: [
      { spec: { groups: ['system:masters'] } },
      { spec: { resourceAttributes: null, nonResourceAttributes: { path: '/healthz', verb: 'get' } } },
      { spec: { extra: { a: ['b'] }, uid: 'u' } },
    ],
  }),
  kindOf('authorization.k8s.io/v1 LocalSubjectAccessReview localsubjectaccessreviews', {
    virtual,
    body: { spec: { resourceAttributes: { verb: 'get', resource: 'pods' }, user: 'nobody' } },
  }),
  kindOf('authorization.k8s.io/v1 SelfSubjectRulesReview selfsubjectrulesreviews cluster', {
    virtual,
    body: { spec: { namespace: 'default' } },
  }),
]
