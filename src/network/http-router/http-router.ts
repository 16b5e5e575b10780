/** Which rule a request falls under: first the host, most specific first, then the path, then what else rules ask for. */
import type { HostListener, HttpPlace, HttpRule, RequestHead, ValueMatch } from './http-rule.js'
import { compilePath, compilePattern } from './path-match.js'

interface CompiledRule {
  rule: HttpRule
  matches(head: RequestHead): boolean
}

export interface HttpRouter {
  /** Undefined: nobody serves it. */
  find(head: RequestHead): HttpRule | undefined
}

const pathRank = { Exact: 0, RegularExpression: 1, Prefix: 2 }

/** Gateway API: exact paths, the longest prefix, a method, most headers, most parameters, the oldest. Ingress says the same of paths. */
function byPrecedence(a: HttpRule, b: HttpRule): number {
  return (
    Number(a.isDefault ?? false) - Number(b.isDefault ?? false) ||
    pathRank[a.path.type] - pathRank[b.path.type] ||
    b.path.value.length - a.path.value.length ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    (b.headers?.length ?? 0) - (a.headers?.length ?? 0) ||
    (b.query?.length ?? 0) - (a.query?.length ?? 0) ||
    (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)
  )
}

type ValueOf = (head: RequestHead) => string | undefined

function compileValue({ value, isPattern }: ValueMatch, read: ValueOf): CompiledRule['matches'] {
  if (!isPattern) return head => read(head) === value
  const pattern = compilePattern(value)
  return head => {
    const found = read(head)
    return found !== undefined && pattern?.test(found) === true
  }
}

/** Several headers of one name are one, with commas. */
function headerOf(name: string): ValueOf {
  if (name === 'host') return ({ host }) => host
  return ({ headers }) => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(',') : (value as string | undefined)
  }
}

const parameterOf =
  (name: string): ValueOf =>
  ({ query }) =>
    new URLSearchParams(query).get(name) ?? undefined

function compile(rule: HttpRule): CompiledRule {
  const { path, method, headers = [], query = [] } = rule
  const matchesPath = compilePath(path) ?? (() => false)
  const others: CompiledRule['matches'][] = [
    ...(method === undefined ? [] : [(head: RequestHead) => head.method === method]),
    ...headers.map(match => compileValue(match, headerOf(match.name))),
    ...query.map(match => compileValue(match, parameterOf(match.name))),
  ]
  return { rule, matches: head => matchesPath(head.path) && others.every(matches => matches(head)) }
}

const placeKey = ({ address = '', port }: HttpPlace) => `${address} ${port}`

/** Hosts that rules may be declared for at a place and that mean this one, the most specific first. */
function* hostKeys(place: string, host: string): Generator<string> {
  yield `${place} ${host}`
  const [, parent] = host.split(/\.(.*)/s)
  if (parent) yield `${place} *.${parent}`
  for (let at = host.indexOf('.'); at >= 0; at = host.indexOf('.', at + 1)) yield `${place} **${host.slice(at)}`
  yield `${place} `
}

const deepKey = ({ host, ...place }: HostListener) => `${placeKey(place)} ${host.startsWith('*') ? `*${host}` : host}`
const keyOf = (rule: HttpRule) => (rule.isDeep ? deepKey(rule) : `${placeKey(rule)} ${rule.host}`)

/** Rules for one host hide those for less specific ones, but for what is there for all that nobody takes. */
export function newHttpRouter(rules: readonly HttpRule[], listeners: readonly HostListener[] = []): HttpRouter {
  const hosts = new Map(listeners.map(listener => [deepKey(listener), listener.host]))
  const listenerAt = (keys: Iterable<string>) => {
    for (const key of keys) if (hosts.has(key)) return hosts.get(key)
    return undefined
  }
  const byHost = new Map<string, CompiledRule[]>()
  for (const rule of [...rules].sort(byPrecedence)) {
    const key = keyOf(rule)
    const own = byHost.get(key)
    if (own) own.push(compile(rule))
    else byHost.set(key, [compile(rule)])
  }
  return {
    find(head) {
      let isHidden = false
      const place = placeKey(head)
      const listener = hosts.size ? listenerAt(hostKeys(place, head.host)) : undefined
      const isFor = ({ rule }: CompiledRule) => rule.listener === undefined || rule.listener === listener
      for (const key of hostKeys(place, head.host)) {
        const own = byHost.get(key)
        const found = own?.find(one => isFor(one) && (!isHidden || one.rule.isDefault) && one.matches(head))
        if (found) return found.rule
        isHidden ||= own?.some(one => isFor(one) && !one.rule.isDefault) ?? false
      }
      return undefined
    },
  }
}
