/** Kinds that are answered and not stored, such as reviews. */
import type { AnyKind } from '../machinery/kind.js'
import type { RequestInfo } from './request-info.js'

/** The one that is asked for; undefined where it is none of them. */
export const findVirtualKind = (
  virtualKinds: readonly AnyKind[],
  { group, version, resource }: Pick<RequestInfo, 'group' | 'version' | 'resource'>,
): AnyKind | undefined =>
  virtualKinds.find(kind => kind.group === group && kind.version === version && kind.names.plural === resource)
