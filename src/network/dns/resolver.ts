/** One query to its response: the cluster's zone first, then the servers of the host; aliases are followed. */
import { type Answer, AUTHORITATIVE_ANSWER, type Packet, type Question, RECURSION_AVAILABLE } from 'dns-packet'
import type { Random } from '../../machinery/clock.js'
import { answerFromZone, type ClusterDirectory, zoneAuthority } from './cluster-zone.js'
import type { ForwardedAnswer, Forwarder } from './forwarder.js'

export interface ResolverDeps {
  directory: ClusterDirectory
  forwarder: Forwarder
  random: Random
  /** Such as `cluster.local`. */
  zone: string
}

export interface Reply extends Packet {
  /** Whether it is the same for as long as nothing in the cluster changes. */
  lasting?: boolean
}

/** Turns a query into the response to it; never rejects. */
export type Resolver = (query: Packet) => Promise<Reply>

/** Numbers of RFC 1035. */
const rcodes: Record<string, number> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 }
const opcodeMask = 0x7800
const recursionDesired = 0x100
/** Aliases of aliases are followed this far. */
const maxAliases = 8

interface Resolved extends ForwardedAnswer {
  authoritative: boolean
  lasting: boolean
  additionals: Answer[]
}

const failed = (rcode: string): Resolved => ({
  rcode,
  authoritative: false,
  lasting: false,
  answers: [],
  authorities: [],
  additionals: [],
})

/** So that clients which take the first address share the work among all. */
function shuffled(answers: readonly Answer[], random: Random): Answer[] {
  const list = [...answers]
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}

export function newResolver({ directory, forwarder, random, zone }: ResolverDeps): Resolver {
  async function resolve(question: Question, depth: number): Promise<Resolved> {
    const own = answerFromZone(question, directory, zone)
    if (!own) {
      const forwarded = await forwarder.ask(question).catch(() => undefined)
      return forwarded ? { ...failed('NOERROR'), ...forwarded } : failed('SERVFAIL')
    }
    const { exists, alias, additionals } = own
    const rest = alias && question.type !== 'CNAME' && depth < maxAliases
    const target = rest ? await resolve({ ...question, name: alias }, depth + 1) : undefined
    const answers = [...shuffled(own.answers, random), ...(target?.answers ?? [])]
    const authorities = answers.length > 0 ? [] : [zoneAuthority(zone, 1)]
    const rcode = exists ? 'NOERROR' : 'NXDOMAIN'
    return { rcode, authoritative: true, lasting: target?.lasting ?? true, answers, authorities, additionals }
  }

  return async query => {
    const [question, ...more] = query.questions ?? []
    const flags = query.flags ?? 0
    const respond = ({ rcode, authoritative, ...resolved }: Resolved): Reply => ({
      type: 'response',
      ...(query.id !== undefined && { id: query.id }),
      flags:
        (flags & recursionDesired) |
        RECURSION_AVAILABLE |
        (authoritative ? AUTHORITATIVE_ANSWER : 0) |
        (rcodes[rcode] ?? rcodes.SERVFAIL!),
      questions: query.questions ?? [],
      ...resolved,
    })
    if (flags & opcodeMask) return respond(failed('NOTIMP'))
    if (!question || more.length > 0) return respond(failed('FORMERR'))
    return respond(await resolve(question, 0).catch(() => failed('SERVFAIL')))
  }
}
