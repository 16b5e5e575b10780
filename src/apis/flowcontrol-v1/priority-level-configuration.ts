/** PriorityLevelConfiguration is a share of the server: how many requests run at once, and what happens to those beyond. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
} from '../generated/flowcontrol-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { keepAllMetadata } from '../validation/status-metadata.js'
import { priorityLevelSpecValue } from './internal-value.js'
import { mandatoryPriorityLevels } from './mandatory.js'
import { validateLimitResponse } from './queuing.js'
import { validateStatusConditions } from './status-conditions.js'

const types = ['Exempt', 'Limited']
const defaultShares = 30
const defaultQueuing = { handSize: 8, queues: 64, queueLengthLimit: 50 }
/** Only v1beta3 may carry it. */
const preserveZeroSharesAnnotation = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares'

type Shares = Pick<ExemptPriorityLevelConfiguration, 'nominalConcurrencyShares' | 'lendablePercent'>

function* validateShares({ nominalConcurrencyShares: shares = 0 }: Shares, path: string): Generator<FieldError> {
  if (shares < 0) yield invalid(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')
}

function* validateLendable({ lendablePercent: percent }: Shares, path: string): Generator<FieldError> {
  if (percent !== undefined && (percent < 0 || percent > 100))
    yield invalid(`${path}.lendablePercent`, percent, 'must be between 0 and 100, inclusive')
}

function* validateLimited(limited: LimitedPriorityLevelConfiguration): Generator<FieldError> {
  const path = 'spec.limited'
  yield* validateShares(limited, path)
  yield* validateLimitResponse(limited.limitResponse, `${path}.limitResponse`)
  yield* validateLendable(limited, path)
  const { borrowingLimitPercent: borrowing } = limited
  if (borrowing !== undefined && borrowing < 0)
    yield invalid(`${path}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer')
}

function* validateSpec({ type, limited, exempt }: PriorityLevelConfigurationSpec, name: string): Generator<FieldError> {
  if ((name === 'exempt') !== (type === 'Exempt'))
    yield invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'")
  if (type === 'Exempt') {
    if (limited) yield forbidden('spec.limited', 'must be nil if the type is not Limited')
    if (exempt) {
      yield* validateShares(exempt, 'spec.exempt')
      yield* validateLendable(exempt, 'spec.exempt')
    }
  } else if (type === 'Limited') {
    if (exempt) yield forbidden('spec.exempt', 'must be nil if the type is Limited')
    if (!limited) yield required('spec.limited', 'must not be empty when type is Limited')
    else yield* validateLimited(limited)
  } else yield notSupported('spec.type', type, types)
}

/** Of the exempt level the shares may be changed, of the others nothing. */
function* validateMandatory({ metadata: { name }, spec }: PriorityLevelConfiguration): Generator<FieldError> {
  const fixed = mandatoryPriorityLevels.find(level => level.metadata.name === name)
  if (!fixed) return
  const isExempt = name === 'exempt'
  const compared = isExempt ? { ...spec, exempt: fixed.spec.exempt } : spec
  if (semanticEqual(compared, fixed.spec)) return
  const except = isExempt ? " except the 'spec.exempt' field" : ''
  yield invalid('spec', priorityLevelSpecValue(spec), `spec of '${name}'${except} must equal the fixed value`)
}

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  scope: 'Cluster',
  names: { plural: 'prioritylevelconfigurations' },

  setDefaults({ spec: { limited, exempt } }) {
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0
      exempt.lendablePercent ??= 0
    }
    if (!limited) return
    limited.nominalConcurrencyShares ??= defaultShares
    limited.lendablePercent ??= 0
    const queuing = limited.limitResponse?.queuing
    if (!queuing) return
    queuing.handSize ||= defaultQueuing.handSize
    queuing.queues ||= defaultQueuing.queues
    queuing.queueLengthLimit ||= defaultQueuing.queueLengthLimit
  },
  updateChecks: ['meta', 'spec', 'change'],
  *validate(object) {
    const { metadata, spec, status } = object
    if (metadata.annotations && preserveZeroSharesAnnotation in metadata.annotations)
      yield forbidden('metadata.annotations', `annotation '${preserveZeroSharesAnnotation}' is forbidden`)
    yield* validateSpec(spec, metadata.name ?? '')
    yield* validateMandatory(object)
    yield* validateStatusConditions(status?.conditions)
  },

  strategy: {
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepAllMetadata(object, old)
    },
  },
  subresources: {
    status: { skipsMetadata: true, validateUpdate: ({ status }) => validateStatusConditions(status?.conditions) },
  },
  printerColumns: [
    {
      name: 'Type',
      description:
        '`type` indicates whether this priority level is subject to limitation on request execution.  A value of `"Exempt"` means that requests of this priority level are not subject to a limit (and thus are never queued) and do not detract from the capacity made available to other priority levels.  A value of `"Limited"` means that (a) requests of this priority level _are_ subject to limits and (b) some of the server\'s limited capacity is made available exclusively to this priority level. Required.',
      of: ({ spec }) => spec.type,
    },
    {
      name: 'NominalConcurrencyShares',
      description:
        '`nominalConcurrencyShares` (NCS) contributes to the computation of the NominalConcurrencyLimit (NominalCL) of this level. This is the number of execution seats available at this priority level. This is used both for requests dispatched from this priority level as well as requests dispatched from other priority levels borrowing seats from this level. The server\'s concurrency limit (ServerCL) is divided among the Limited priority levels in proportion to their NCS values:\n\nNominalCL(i)  = ceil( ServerCL * NCS(i) / sum_ncs ) sum_ncs = sum[priority level k] NCS(k)\n\nBigger numbers mean a larger nominal concurrency limit, at the expense of every other priority level.\n\nIf not specified, this field defaults to a value of 30.\n\nSetting this field to zero supports the construction of a "jail" for this priority level that is used to hold some request(s)',
      of: ({ spec }) => (spec.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : '<none>'),
    },
    {
      name: 'Queues',
      description:
        '`queues` is the number of queues for this priority level. The queues exist independently at each apiserver. The value must be positive.  Setting it to 1 effectively precludes shufflesharding and thus makes the distinguisher method of associated flow schemas irrelevant.  This field has a default value of 64.',
      of: ({ spec }) => spec.limited?.limitResponse?.queuing?.queues ?? '<none>',
    },
    {
      name: 'HandSize',
      description:
        "`handSize` is a small positive number that configures the shuffle sharding of requests into queues.  When enqueuing a request at this priority level the request's flow identifier (a string pair) is hashed and the hash value is used to shuffle the list of queues and deal a hand of the size specified here.  The request is put into one of the shortest queues in that hand. `handSize` must be no larger than `queues`, and should be significantly smaller (so that a few heavy flows do not saturate most of the queues).  See the user-facing documentation for more extensive guidance on setting this field.  This field has a default value of 8.",
      of: ({ spec }) => spec.limited?.limitResponse?.queuing?.handSize ?? '<none>',
    },
    {
      name: 'QueueLengthLimit',
      description:
        '`queueLengthLimit` is the maximum number of requests allowed to be waiting in a given queue of this priority level at a time; excess requests are rejected.  This value must be positive.  If not specified, it will be defaulted to 50.',
      of: ({ spec }) => spec.limited?.limitResponse?.queuing?.queueLengthLimit ?? '<none>',
    },
    age,
  ],
})
