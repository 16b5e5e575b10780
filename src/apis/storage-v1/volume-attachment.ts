/** VolumeAttachment asks that a volume be attached to a node, and says whether it is. */
import { type FieldError, forbidden, invalid, required, tooLong } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { inlineVolumeForm, validateInlineVolumeSpec } from '../core-v1/inline-volume-spec.js'
import { validateCsiDriverName } from '../core-v1/pod-spec/volumes/csi.js'
import { canonicalResourceList } from '../core-v1/resource-list.js'
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
  VolumeError,
} from '../generated/storage-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { keepMetadata } from '../validation/status-metadata.js'
import { validateDnsSubdomain } from '../validation/text.js'

const maxMetadataSize = 256 * 1024
const maxErrorMessage = 1024
const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'

function* validateSource(source: VolumeAttachmentSource): Generator<FieldError> {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source
  if (!inline && name === undefined) yield required('spec.source', one)
  else if (inline && name !== undefined) yield forbidden('spec.source', one)
  else if (name === '')
    yield required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')
  else if (inline) yield* validateInlineVolumeSpec(inline, 'spec.source.inlineVolumeSpec')
}

function* validateError(error: VolumeError | undefined, path: string): Generator<FieldError> {
  if (!error) return
  // The limit named is upstream's mistake.
  if ((error.message ?? '').length > maxErrorMessage) yield tooLong(`${path}.message`, maxMetadataSize)
  if (error.errorCode !== undefined && error.errorCode < 0)
    yield invalid(`${path}.errorCode`, error.errorCode, 'must be between 0 and 2147483647, inclusive')
}

function* validateStatus({ status }: VolumeAttachment): Generator<FieldError> {
  const size = Object.entries(status?.attachmentMetadata ?? {}).reduce((n, [k, v]) => n + k.length + v.length, 0)
  if (size > maxMetadataSize) yield tooLong('status.attachmentMetadata', maxMetadataSize)
  yield* validateError(status?.attachError, 'status.attachError')
  yield* validateError(status?.detachError, 'status.detachError')
}

/** As upstream's internal type is printed. */
const goSpec = ({ attacher, source, nodeName }: VolumeAttachmentSpec) => ({
  Attacher: attacher ?? '',
  Source: {
    PersistentVolumeName: source?.persistentVolumeName ?? null,
    InlineVolumeSpec: source?.inlineVolumeSpec ? inlineVolumeForm(source.inlineVolumeSpec) : null,
  },
  NodeName: nodeName ?? '',
})

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  scope: 'Cluster',
  names: { plural: 'volumeattachments' },

  setDefaults({ spec }) {
    const inline = spec.source?.inlineVolumeSpec
    if (inline?.hostPath) inline.hostPath.type ??= ''
    canonicalResourceList(inline?.capacity)
  },
  updateChecks: ['meta', 'spec', 'meta', 'spec', 'change'],
  *validate({ spec }) {
    if (!spec.attacher) yield required('spec.attacher')
    yield* validateSource(spec.source)
    yield* validateDnsSubdomain(spec.nodeName, 'spec.nodeName')
  },
  *validateCreate({ spec }) {
    yield* validateCsiDriverName(spec.attacher, 'spec.attacher')
    const { persistentVolumeName } = spec.source
    if (persistentVolumeName !== undefined)
      yield* validateDnsSubdomain(persistentVolumeName, 'spec.source.persistentVolumeName')
  },
  *validateUpdate({ spec }, old) {
    if (!semanticEqual(spec, old.spec)) yield invalid('spec', goSpec(spec), 'field is immutable')
  },

  strategy: {
    allowUnconditionalUpdate: false,
    bumpGenerationOn: [],
    // The gate MutableCSINodeAllocatableCount is off in v1.34: a code stays only where there was one.
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepMetadata(object, old)
      for (const error of ['attachError', 'detachError'] as const)
        if (old.status?.[error]?.errorCode === undefined) delete object.status?.[error]?.errorCode
    },
  },
  subresources: { status: { validateUpdate: validateStatus } },
  printerColumns: [
    {
      name: 'Attacher',
      description:
        'attacher indicates the name of the volume driver that MUST handle this request. This is the name returned by GetPluginName().',
      format: 'name',
      of: ({ spec }) => spec.attacher,
    },
    {
      name: 'PV',
      description: 'persistentVolumeName represents the name of the persistent volume to attach.',
      of: ({ spec }) => spec.source.persistentVolumeName ?? '',
    },
    {
      name: 'Node',
      description: 'nodeName represents the node that the volume should be attached to.',
      of: ({ spec }) => spec.nodeName,
    },
    {
      name: 'Attached',
      description:
        'attached indicates the volume is successfully attached. This field must only be set by the entity completing the attach operation, i.e. the external-attacher.',
      type: 'boolean',
      of: ({ status }) => status?.attached ?? false,
    },
    age,
  ],
})
