/** ValidatingAdmissionPolicyBinding puts a policy into force, with its parameters and for whom. */
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import { describeLabelSelector, validateLabelSelector } from '../../machinery/selector/index.js'
import type { ParamRef, ValidatingAdmissionPolicyBinding } from '../generated/admissionregistration-v1.js'
import { age } from '../printing/age.js'
import { validateDnsSubdomain } from '../validation/text.js'
import { defaultMatchResources, validateMatchResources } from './match-resources.js'

const actions = ['Audit', 'Deny', 'Warn']
const notFoundActions = ['Deny', 'Allow']
const exclusive = 'name and selector are mutually exclusive'

function* validateParamRef(ref: ParamRef | undefined, path: string): Generator<FieldError> {
  if (!ref) return
  const { name, selector, parameterNotFoundAction: action } = ref
  if (name) {
    for (const message of nameIsPathSegment(name, false)) yield invalid(`${path}.name`, name, message)
    if (selector) yield forbidden(`${path}.name`, exclusive)
  }
  if (selector) {
    yield* validateLabelSelector(selector, `${path}.selector`)
    if (name) yield forbidden(`${path}.selector`, exclusive)
  }
  if (!name && !selector) yield required(path, 'one of name or selector must be specified')
  if (!action) yield required(`${path}.parameterNotFoundAction`)
  else if (!notFoundActions.includes(action))
    yield notSupported(`${path}.parameterNotFoundAction`, action, notFoundActions)
}

function* validateActions(wanted: readonly string[], path: string): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, action] of wanted.entries()) {
    if (!actions.includes(action)) yield notSupported(`${path}[${i}]`, action, actions)
    if (seen.has(action)) yield duplicate(`${path}[${i}]`, action)
    seen.add(action)
  }
  if (seen.has('Deny') && seen.has('Warn'))
    yield invalid(
      path,
      wanted,
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    )
  if (!seen.size) yield required(path, 'at least one validation action is required')
}

function printParamRef(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || '*'}/${ref.name}`
  return ref?.selector ? describeLabelSelector(ref.selector) : '<unset>'
}

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  scope: 'Cluster',
  names: { plural: 'validatingadmissionpolicybindings', categories: ['api-extensions'] },
  anyFinalizers: true,

  setDefaults: ({ spec }) => defaultMatchResources(spec.matchResources),
  updateChecks: ['meta', 'spec', 'change'],
  *validate({ spec: { policyName, paramRef, matchResources, validationActions = [] } }) {
    if (!policyName) yield required('spec.policyName')
    else yield* validateDnsSubdomain(policyName, 'spec.policyName')
    yield* validateParamRef(paramRef, 'spec.paramRef')
    yield* validateMatchResources(matchResources, 'spec.matchResources')
    yield* validateActions(validationActions, 'spec.validationActions')
  },

  strategy: { allowUnconditionalUpdate: false },
  printerColumns: [
    {
      name: 'PolicyName',
      description: 'PolicyName indicates the policy definition which the policy binding binded to',
      of: ({ spec }) => spec.policyName ?? '',
    },
    {
      name: 'ParamRef',
      description: 'ParamRef indicates the param resource which sets the configration param',
      of: ({ spec }) => printParamRef(spec.paramRef),
    },
    age,
  ],
})
