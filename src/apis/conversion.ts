/** Kinds that are served in a second group or version but stored once. */
import type { AnyKind, Kind } from '../machinery/kind.js'
import type { AnyObject, KubernetesObject } from '../machinery/object-meta.js'

/**
 * The spoke is decoded, defaulted and validated by its own declaration, then converted and stored as the hub;
 * reads and watch events of the spoke are converted from what the hub stored. Neither function changes its argument,
 * and both keep metadata.
 */
export interface KindConversion {
  spoke: AnyKind
  hub: AnyKind
  /** `fromHub` returns its argument itself when there is nothing to convert. */
  keepsUnchanged?: boolean
  /**
   * Brings objects of any version of the kind into that of `to`, one of the two ends, where that is somebody else's business: a webhook.
   * `toHub` and `fromHub` are then for what is of their own version already. Rejects with a StatusError.
   */
  remote?(objects: readonly AnyObject[], to: AnyKind): Promise<AnyObject[]>
  // biome-ignore lint/suspicious/noExplicitAny: as AnyKind, of which these are two ends
  toHub(spoke: any): KubernetesObject
  // biome-ignore lint/suspicious/noExplicitAny: as AnyKind, of which these are two ends
  fromHub(hub: any): KubernetesObject
}

/** Declares a conversion; the types of both ends must fit the kinds. */
export const defineConversion = <Spoke extends KubernetesObject, Hub extends KubernetesObject>(conversion: {
  spoke: Kind<Spoke>
  hub: Kind<Hub>
  toHub(spoke: Spoke): Hub
  fromHub(hub: Hub): Spoke
}): KindConversion => conversion
