/** Lists and maps written with values of different types: types that fit each other, such as int and dyn, are different all the same. */
import type { Expr } from './ast.js'
import type { Checked } from './checker.js'
import { childrenOf } from './literals.js'
import type { CelIssue } from './source.js'
import { type CelType, formatType, isOptional, sameType } from './types.js'

interface Part {
  expr: Expr
  /** Written `?part`: the type is what the optional holds. */
  optional: boolean
}

class MixedLiterals {
  readonly issues: CelIssue[] = []

  constructor(private readonly types: Checked['types']) {}

  /** What `format` is given may be mixed. */
  visit(expr: Expr): void {
    if (expr.kind === 'call' && expr.name === 'format') return
    if (expr.kind === 'list')
      this.#compare(
        expr.elements.map((element, i) => ({ expr: element, optional: expr.optional.has(i) })),
        1,
      )
    if (expr.kind === 'map') {
      this.#compare(expr.entries.map(({ key }) => ({ expr: key, optional: false })))
      this.#compare(expr.entries.map(({ value, optional }) => ({ expr: value, optional })))
    }
    for (const child of childrenOf(expr)) this.visit(child)
  }

  #typeOf({ expr, optional }: Part): CelType {
    const type = this.types.get(expr.id)!
    return optional && isOptional(type) ? type.params[0]! : type
  }

  /** `most`: so many that differ are told of. */
  #compare([first, ...rest]: readonly Part[], most = Number.POSITIVE_INFINITY): void {
    if (!first) return
    const expected = this.#typeOf(first)
    const others = rest.filter(part => !sameType(this.#typeOf(part), expected))
    for (const other of others.slice(0, most)) {
      const message = `expected type '${formatType(expected)}' but found '${formatType(this.#typeOf(other))}'`
      this.issues.push({ message, offset: other.expr.offset })
    }
  }
}

export function mixedLiterals({ expr, types }: Checked): CelIssue[] {
  const literals = new MixedLiterals(types)
  literals.visit(expr)
  return literals.issues
}
