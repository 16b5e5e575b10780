/** Ports that somebody wants listened on. */
import type { HostCertificate } from './certificates.js'
import type { HostListener, HttpPlace } from './http-rule.js'

export interface WantedPlace extends HttpPlace {
  isTls: boolean
  /** Where rules are attached to listeners: the host of one that is there. */
  host?: string
  /** Of TLS. */
  certificates?: readonly HostCertificate[]
}

/** Those of one key are one: the first says whether TLS is spoken, the certificates of all are shown. */
export function gatherPlaces(
  places: readonly WantedPlace[],
  keyOf: (place: HttpPlace) => string,
): ReadonlyMap<string, WantedPlace> {
  const gathered = new Map<string, WantedPlace>()
  for (const place of places) {
    const key = keyOf(place)
    const first = gathered.get(key)
    const certificates = [...(first?.certificates ?? []), ...(place.certificates ?? [])]
    gathered.set(key, { ...(first ?? place), certificates })
  }
  return gathered
}

export const listenersOf = (places: readonly WantedPlace[]): HostListener[] =>
  places.flatMap(({ address, port, host }) => (host === undefined ? [] : [{ ...(address && { address }), port, host }]))
