/** How a custom resource's versions are kept: stored as one of them, shown in each as its schema has it now. */
import { cloneJson } from '../../../machinery/clone.js'
import type { Kind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { applySchemaDefaults } from '../../../machinery/structural/apply-defaults.js'
import { deepEqualJson } from '../../../machinery/structural/correlation.js'
import type { KindConversion } from '../../conversion.js'
import { type CodecOptions, shapeObject } from './custom-codec.js'

type Remote = KindConversion['remote']

/**
 * Around a webhook: what it is given has the defaults of its own version; what it gives is pruned, and not defaulted again.
 * `codecs` are by apiVersion.
 */
export function shapedConversion(remote: Remote, codecs: ReadonlyMap<string, CodecOptions>): Remote {
  return (
    remote &&
    (async (objects, to) => {
      const given = objects.map(object => {
        const copy = cloneJson(object)
        const codec = codecs.get(object.apiVersion ?? '')
        if (codec) applySchemaDefaults(copy, codec.schema)
        return copy
      })
      const converted = await remote(given, to)
      const codec = codecs.get(to.apiVersion)
      if (codec) for (const object of converted) shapeObject(codec, object, 'drop')
      return converted
    })
  )
}

/**
 * Strategy `None`: only the version's name changes. What was stored under an older schema is pruned and defaulted as it is read; an
 * object that needs neither is returned as it is. With strategy `Webhook`, `remote` comes before.
 */
export function customConversion(
  spoke: Kind<AnyObject>,
  hub: Kind<AnyObject>,
  { remote, ...codecs }: { spoke: CodecOptions; hub: CodecOptions; remote?: Remote },
): KindConversion {
  const convert = (object: AnyObject, kind: Kind<AnyObject>, codec: CodecOptions): AnyObject => {
    const copy = cloneJson(object)
    copy.apiVersion = kind.apiVersion
    shapeObject(codec, copy, 'drop')
    applySchemaDefaults(copy, codec.schema)
    copy.metadata.generation ||= 1
    return copy
  }
  return {
    spoke,
    hub,
    keepsUnchanged: true,
    ...(remote && { remote }),
    toHub: (object: AnyObject) => (spoke === hub ? object : convert(object, hub, codecs.hub)),
    fromHub(object: AnyObject) {
      const shown = convert(object, spoke, codecs.spoke)
      return deepEqualJson(shown, object) ? object : shown
    },
  }
}
