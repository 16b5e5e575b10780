/** Names of chains of iptables: at most 28 characters, of which the prefix of a cluster takes 16. */
import { createHash } from 'node:crypto'
import type { IptablesTableName, SharedRule } from './iptables-table.js'
import { bucketOf, hostBlock } from './iptables-words.js'

/** What the names of a cluster's chains begin with. */
export const chainPrefix = (cluster: string): string => `mk8s-${cluster}-`

/** A name for what has a longer one. */
export const hashedChain = (prefix: string, text: string): string =>
  `${prefix}${createHash('sha256').update(text).digest('hex').slice(0, 12)}`

export interface Place {
  table: IptablesTableName
  /** With the prefix. */
  chain: string
  /** Which address of a packet counts. */
  side: '-s' | '-d'
}

/**
 * Rules for packets of one address, in a chain for all addresses that begin alike: so that a packet does not have to pass the rules of all
 * services, and a change is not to all of them.
 */
export function bucketed({ table, chain, side }: Place, ip: string, rule: string): SharedRule[] {
  const net = bucketOf(ip)
  const bucket = hashedChain(`${chain.slice(0, chain.lastIndexOf('-') + 1)}`, `${chain} ${net}`)
  return [
    { table, chain, rule: `${side} ${net} -g ${bucket}` },
    { table, chain: bucket, rule: `${side} ${hostBlock(ip)} ${rule}` },
  ]
}
