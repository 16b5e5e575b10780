/** Host names of listeners and routes: where they meet. */

const isWithin = (host: string, wildcard: string) => wildcard.startsWith('*.') && host.endsWith(wildcard.slice(1))

/** The narrower of two names, `*.` and a name, or empty: any. Undefined: no host is both. */
function meet(a: string, b: string): string | undefined {
  if (!a || a === b) return b
  if (!b || isWithin(a, b)) return a
  return isWithin(b, a) ? b : undefined
}

/** Hosts of a route that a listener lets in; none: they do not meet. Without names, a route takes the listener's. */
export function meetingHosts(listener: string | undefined, route: readonly string[] | undefined): string[] {
  const names = route?.length ? route : ['']
  const met = names.map(name => meet((listener ?? '').toLowerCase(), name.toLowerCase()))
  return [...new Set(met.filter(host => host !== undefined))]
}
