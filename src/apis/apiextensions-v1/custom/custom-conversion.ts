/** How a custom resource's versions are kept: stored as one of them, shown in each as its schema has it now. */
import { cloneJson } from '../../../machinery/clone.js'
import type { Kind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { applySchemaDefaults } from '../../../machinery/structural/apply-defaults.js'
import { deepEqualJson } from '../../../machinery/structural/correlation.js'
import type { KindConversion } from '../../conversion.js'
import { type CodecOptions, shapeObject } from './custom-codec.js'

/**
 * Strategy `None`: only the version's name changes. What was stored under an older schema is pruned and defaulted as it is read; an
 * object that needs neither is returned as it is. A conversion by webhook would stand where `apiVersion` is set.
 */
export function customConversion(
  spoke: Kind<AnyObject>,
  hub: Kind<AnyObject>,
  codecs: { spoke: CodecOptions; hub: CodecOptions },
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
    toHub: (object: AnyObject) => (spoke === hub ? object : convert(object, hub, codecs.hub)),
    fromHub(object: AnyObject) {
      const shown = convert(object, spoke, codecs.spoke)
      return deepEqualJson(shown, object) ? object : shown
    },
  }
}
