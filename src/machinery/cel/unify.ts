/** Type inference: which types the parameters of generic functions and empty literals stand for. */
import { type CelType, dynType, isDyn, isDynOrError, sameType } from './types.js'

/**
 * What parameters stand for. `[] + [1]`: the list of `_var0` meets a list of int, so `_var0` is int.
 * A failed attempt leaves no trace: the attempt is made on a copy.
 */
export class Substitutions {
  #bound = new Map<string, CelType>()

  find(type: CelType): CelType | undefined {
    return type.kind === 'param' ? this.#bound.get(type.name) : undefined
  }

  /** Replaces bound parameters; `free` is what stands for unbound ones, by default themselves. */
  apply(type: CelType, free?: CelType): CelType {
    if (type.kind === 'param') {
      const bound = this.#bound.get(type.name)
      return bound ? this.apply(bound, free) : (free ?? type)
    }
    if (!type.params.length) return type
    return { ...type, params: type.params.map(param => this.apply(param, free)) }
  }

  /** True when a value of one list of types may be used for the other; parameters are bound as that needs. */
  assignable(from: readonly CelType[], to: readonly CelType[]): boolean {
    const before = new Map(this.#bound)
    if (this.#listFits(from, to)) return true
    this.#bound = before
    return false
  }

  #listFits(from: readonly CelType[], to: readonly CelType[]): boolean {
    return from.length === to.length && from.every((type, i) => this.#fits(type, to[i]!))
  }

  #fits(a: CelType, b: CelType): boolean {
    if (b.kind === 'param') {
      const fits = this.#bind(a, b)
      if (fits !== undefined) return fits
    }
    if (a.kind === 'param') return this.#bind(b, a) ?? false
    if (isDynOrError(a) || isDynOrError(b)) return true
    if (a.kind === 'null') return isNullable(b)
    if (b.kind === 'null') return isNullable(a)
    if (a.kind === 'type') return b.kind === 'type'
    if (a.kind === 'opaque' || a.kind === 'list' || a.kind === 'map')
      return a.kind === b.kind && a.name === b.name && this.#listFits(a.params, b.params)
    return sameType(a, b)
  }

  /** Undefined when the parameter is unbound and cannot stand for the type because the type holds it. */
  #bind(type: CelType, param: CelType): boolean | undefined {
    if (sameType(type, param)) return true
    const bound = this.find(param)
    if (!bound) {
      if (this.#occursIn(param, type)) return undefined
      this.#bound.set(param.name, type)
      return true
    }
    if (sameType(type, bound)) return true
    if (!this.#fits(type, bound)) return false
    const general = mostGeneral(type, bound)
    if (!this.#occursIn(param, general)) this.#bound.set(param.name, general)
    return true
  }

  #occursIn(param: CelType, type: CelType): boolean {
    if (sameType(param, type)) return true
    if (type.kind === 'param') {
      const bound = this.find(type)
      return bound ? this.#occursIn(param, bound) : false
    }
    return type.params.some(inner => this.#occursIn(param, inner))
  }
}

const isNullable = ({ kind }: CelType) =>
  kind === 'opaque' || kind === 'struct' || kind === 'duration' || kind === 'timestamp' || kind === 'null'

/** Of two types that fit each other. */
export const mostGeneral = (a: CelType, b: CelType): CelType => (isLessSpecific(a, b) ? a : b)

function isLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true
  if (isDyn(b) || b.kind === 'param' || a.kind !== b.kind) return false
  if (a.kind === 'type') return true
  if (a.kind === 'opaque' || a.kind === 'list' || a.kind === 'map')
    return (
      a.name === b.name &&
      a.params.length === b.params.length &&
      a.params.every((param, i) => isLessSpecific(param, b.params[i]!))
    )
  return sameType(a, b)
}

/** What is still unknown at the end is dyn. */
export const resolve = (substitutions: Substitutions, type: CelType): CelType => substitutions.apply(type, dynType)
