/** Macros: calls that the parser replaces, as cel-go's standard, optional and two-variable libraries do. */
import type { Call, Expr } from './ast.js'
import type { NodeFactory } from './node-factory.js'
import type { CelIssue } from './source.js'

/** Cannot be written in an expression, so nothing of the user's is hidden by it. */
export const accumulator = '@result'
const oldAccumulator = '__result__'

/** Makes nodes at the place of the macro's call. */
class Builder {
  constructor(
    private readonly nodes: NodeFactory,
    readonly offset: number,
  ) {}

  readonly literal = (value: boolean | bigint) => this.nodes.literal(value, this.offset)
  readonly list = (...items: Expr[]) => this.nodes.list(items, this.offset)
  readonly map = () => this.nodes.map([], this.offset)
  readonly ident = (name: string) => this.nodes.ident(name, this.offset)
  readonly accu = () => this.ident(accumulator)
  readonly call = (name: string, ...args: Expr[]) => this.nodes.call(name, args, this.offset)
  readonly member = (name: string, target: Expr) => this.nodes.call(name, [], this.offset, target)
  readonly test = (operand: Expr, field: string) => this.nodes.select(operand, field, this.offset, true)

  loop(range: Expr, variables: Variables, parts: { init: Expr; condition?: Expr; step: Expr; result?: Expr }): Expr {
    const { init, step, condition = this.literal(true), result = this.accu() } = parts
    return this.nodes.comprehension(
      { range, ...variables, accu: accumulator, init, condition, step, result },
      this.offset,
    )
  }

  /** `let name = value in result`. */
  bind(name: string, value: Expr, result: Expr): Expr {
    return this.nodes.comprehension(
      {
        range: this.list(),
        iter: '#unused',
        accu: name,
        init: value,
        condition: this.literal(false),
        step: this.ident(name),
        result,
      },
      this.offset,
    )
  }
}

interface Variables {
  iter: string
  iter2?: string
}

class MacroError extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message)
  }
}

function variableOf(expr: Expr, otherwise: string): string {
  if (expr.kind !== 'ident') throw new MacroError(otherwise, expr.offset)
  if (expr.name === accumulator || expr.name === oldAccumulator)
    throw new MacroError('iteration variable overwrites accumulator variable', expr.offset)
  return expr.name
}

/** One or two variables before the rest of the arguments. */
function split(args: readonly Expr[], count: 1 | 2, otherwise: string): { variables: Variables; rest: Expr[] } {
  const iter = variableOf(args[0]!, otherwise)
  if (count === 1) return { variables: { iter }, rest: args.slice(1) }
  const iter2 = variableOf(args[1]!, otherwise)
  if (iter === iter2) throw new MacroError(`duplicate variable name: ${iter}`, args[1]!.offset)
  return { variables: { iter, iter2 }, rest: args.slice(2) }
}

type Expansion = (build: Builder, target: Expr, args: readonly Expr[]) => Expr
const simpleName = 'argument must be a simple name'
const identifier = 'argument is not an identifier'

const all =
  (count: 1 | 2): Expansion =>
  (b, range, args) => {
    const { variables, rest } = split(args, count, simpleName)
    const condition = b.call('@not_strictly_false', b.accu())
    return b.loop(range, variables, { init: b.literal(true), condition, step: b.call('_&&_', b.accu(), rest[0]!) })
  }

const exists =
  (count: 1 | 2): Expansion =>
  (b, range, args) => {
    const { variables, rest } = split(args, count, simpleName)
    const condition = b.call('@not_strictly_false', b.call('!_', b.accu()))
    return b.loop(range, variables, { init: b.literal(false), condition, step: b.call('_||_', b.accu(), rest[0]!) })
  }

const existsOne =
  (count: 1 | 2): Expansion =>
  (b, range, args) => {
    const { variables, rest } = split(args, count, simpleName)
    const step = b.call('_?_:_', rest[0]!, b.call('_+_', b.accu(), b.literal(1n)), b.accu())
    return b.loop(range, variables, { init: b.literal(0n), step, result: b.call('_==_', b.accu(), b.literal(1n)) })
  }

const conditionally = (b: Builder, filter: Expr | undefined, step: Expr) =>
  filter ? b.call('_?_:_', filter, step, b.accu()) : step

/** A list of what the last argument is for each element, where the one before it, if any, holds. */
const toList =
  (count: 1 | 2): Expansion =>
  (b, range, args) => {
    const { variables, rest } = split(args, count, count === 1 ? identifier : simpleName)
    const [filter, transform] = rest.length === 2 ? rest : [undefined, rest[0]]
    const step = b.call('_+_', b.accu(), b.list(transform!))
    return b.loop(range, variables, { init: b.list(), step: conditionally(b, filter, step) })
  }

const filter: Expansion = (b, range, args) => {
  const { variables, rest } = split(args, 1, identifier)
  const step = b.call('_+_', b.accu(), b.list(args[0]!))
  return b.loop(range, variables, { init: b.list(), step: conditionally(b, rest[0], step) })
}

const toMap =
  (withKey: boolean): Expansion =>
  (b, range, args) => {
    const { variables, rest } = split(args, 2, simpleName)
    const [condition, transform] = rest.length === 2 ? rest : [undefined, rest[0]]
    const key = withKey ? [b.ident(variables.iter)] : []
    const step = b.call('cel.@mapInsert', b.accu(), ...key, transform!)
    return b.loop(range, variables, { init: b.map(), step: conditionally(b, condition, step) })
  }

const optional =
  (name: string, wrap: boolean): Expansion =>
  (b, target, [variable, transform]) => {
    if (variable!.kind !== 'ident')
      throw new MacroError(`${name}() variable name must be a simple identifier`, variable!.offset)
    const value = b.bind(variable!.name, b.member('value', target), transform!)
    const some = wrap ? b.call('optional.of', value) : value
    return b.call('_?_:_', b.member('hasValue', target), some, b.call('optional.none'))
  }

/** By name and number of arguments. */
const macros: Record<string, Expansion> = {
  'all/2': all(1),
  'all/3': all(2),
  'exists/2': exists(1),
  'exists/3': exists(2),
  'exists_one/2': existsOne(1),
  'exists_one/3': existsOne(2),
  'existsOne/2': existsOne(1),
  'existsOne/3': existsOne(2),
  'map/2': toList(1),
  'map/3': toList(1),
  'filter/2': filter,
  'transformList/3': toList(2),
  'transformList/4': toList(2),
  'transformMap/3': toMap(true),
  'transformMap/4': toMap(true),
  'transformMapEntry/3': toMap(false),
  'transformMapEntry/4': toMap(false),
  'optMap/2': optional('optMap', true),
  'optFlatMap/2': optional('optFlatMap', false),
}

function has(b: Builder, arg: Expr): Expr {
  if (arg.kind !== 'select') throw new MacroError('invalid argument to has() macro', arg.offset)
  return b.test(arg.operand, arg.field)
}

/** `cel.bind(variable, value, result)`. */
function binding(b: Builder, [variable, value, result]: readonly Expr[]): Expr {
  if (variable!.kind !== 'ident')
    throw new MacroError('cel.bind() variable names must be simple identifiers', variable!.offset)
  return b.bind(variable!.name, value!, result!)
}

/** Undefined when the call is no macro. */
export function expandMacro(
  { name, target, args }: Pick<Call, 'name' | 'target' | 'args'>,
  nodes: NodeFactory,
  { offset, bindings }: { offset: number; bindings: boolean },
): Expr | CelIssue | undefined {
  const builder = new Builder(nodes, offset)
  try {
    if (!target) return name === 'has' && args.length === 1 ? has(builder, args[0]!) : undefined
    if (bindings && name === 'bind' && args.length === 3 && target.kind === 'ident' && target.name === 'cel')
      return binding(builder, args)
    return macros[`${name}/${args.length}`]?.(builder, target, args)
  } catch (error) {
    if (error instanceof MacroError) return { message: error.message, offset: error.offset }
    throw error
  }
}
