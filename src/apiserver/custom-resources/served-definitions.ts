/** Serves the kinds of established definitions: adds them to the registry, and takes them out again. */
import { isConditionTrue } from '../../apis/apiextensions-v1/conditions.js'
import { customConversion, shapedConversion } from '../../apis/apiextensions-v1/custom/custom-conversion.js'
import { type CustomKindOptions, customKind } from '../../apis/apiextensions-v1/custom/custom-kind.js'
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import type { RestDirectory } from '../deps.js'
import { type ConversionCalls, conversionWebhook } from './conversion-webhook.js'

interface Served {
  /** As it was when its kinds were made. */
  definition: CustomResourceDefinition
  kinds: readonly AnyKind[]
  /** Looked at by its kinds whenever they are asked. */
  terminating: boolean
}

const sameKinds = (a: CustomResourceDefinition, b: CustomResourceDefinition) =>
  a.metadata.uid === b.metadata.uid &&
  semanticEqual(a.spec, b.spec) &&
  semanticEqual(a.status?.acceptedNames, b.status?.acceptedNames)

export class ServedDefinitions {
  readonly #served = new Map<string, Served>()

  constructor(
    private readonly rests: RestDirectory,
    private readonly options: Pick<CustomKindOptions, 'builtin'>,
    private readonly conversions: ConversionCalls,
  ) {}

  /** Makes what is served that of the definition as it is now. Watches of kinds that have changed end. */
  set(definition: CustomResourceDefinition): void {
    const name = definition.metadata.name ?? ''
    const known = this.#served.get(name)
    if (known && sameKinds(known.definition, definition)) {
      const terminating = isConditionTrue(definition, 'Terminating')
      if (known.terminating === terminating) return
      known.terminating = terminating
      this.rests.touch?.()
      return
    }
    this.remove(name)
    if (isConditionTrue(definition, 'Established')) this.#add(name, definition)
  }

  remove(name: string): void {
    const known = this.#served.get(name)
    if (!known) return
    this.#served.delete(name)
    for (const kind of known.kinds) this.rests.remove?.(kind)
  }

  #add(name: string, definition: CustomResourceDefinition): void {
    const served: Served = { definition, kinds: [], terminating: isConditionTrue(definition, 'Terminating') }
    const { builtin } = this.options
    const made = definition.spec.versions.map(version => {
      const kind = customKind(definition, version, { ...this.options, isTerminating: () => served.terminating })
      const schema = (version.schema?.openAPIV3Schema ?? {}) as JsonSchema
      return { version, kind, codec: { schema, name: kind.schema, builtin } }
    })
    const hub = made.find(({ version }) => version.storage) ?? made[0]
    if (!hub) return
    const kinds = made.filter(({ version, kind }) => version.served && !this.#isBuiltIn(kind))
    for (const { kind } of kinds) kind.custom!.versions = () => made.map(one => one.kind)
    const codecs = new Map(made.map(({ kind, codec }) => [kind.apiVersion, codec]))
    const remote = shapedConversion(conversionWebhook(definition.spec.conversion, this.conversions), codecs)
    for (const { kind, codec } of kinds)
      this.rests.add?.(kind, customConversion(kind, hub.kind, { spoke: codec, hub: hub.codec, remote }))
    served.kinds = kinds.map(({ kind }) => kind)
    this.#served.set(name, served)
  }

  /** Groups and versions that the server has by itself are its own. */
  #isBuiltIn({ group, version }: AnyKind): boolean {
    return this.rests.kinds().some(kind => !kind.custom && kind.group === group && kind.version === version)
  }
}
