/** Hosts and ports as they stand in URLs, rules and messages: there an address of IPv6 is in brackets. */

/** As it stands before a port. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** As Go's net.JoinHostPort. */
export const joinHostPort = (host: string, port: number | string): string => `${bracketed(host)}:${port}`
