/** Reads JWTs that nobody has checked yet: only to learn who might know them. */
import type { JWTPayload } from 'jose'

function decodePart(part: string): Record<string, unknown> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Header and claims as the token states them, unverified; undefined when it is no JWT. */
export function readToken(token: string): { header: { kid?: string; alg?: string }; claims: JWTPayload } | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const [header, claims] = [decodePart(parts[0]!), decodePart(parts[1]!)]
  return header && claims && { header, claims }
}

/** Clocks may differ by this much: upstream's leeway, seconds. */
export const leewaySeconds = 60

/** A claim may name one audience or several. */
export const audiencesOf = (audience: string | string[] | undefined): string[] =>
  typeof audience === 'string' ? [audience] : (audience ?? [])

/** Go's %q of a list. */
export const quoteList = (list: readonly string[]): string => `[${list.map(text => JSON.stringify(text)).join(' ')}]`
