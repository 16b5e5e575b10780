/** Type checking: every node gets a type, every call the overloads it may be. Messages are cel-go's. */
import { type Call, type Comprehension, type Expr, qualifiedName, Uint } from './ast.js'
import type { Environment, FunctionDeclaration, Overload } from './declarations.js'
import { CelCompileError, type CelIssue } from './source.js'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  dynType,
  errorType,
  formatType,
  intType,
  isDyn,
  isDynOrError,
  isOptional,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  paramType,
  sameType,
  stringType,
  typeOf,
  uintType,
} from './types.js'
import { mostGeneral, resolve, Substitutions } from './unify.js'

/** What is known of an expression that may be run. */
export interface Checked {
  readonly expr: Expr
  readonly resultType: CelType
  /** By node id. */
  readonly types: ReadonlyMap<number, CelType>
  /** Of calls, by node id. */
  readonly overloads: ReadonlyMap<number, readonly string[]>
  /** Nodes that are a variable or a type as a whole, such as `a.b` where a variable has that name. */
  readonly names: ReadonlyMap<number, string>
  /** Nodes that call a function whose name has dots: the receiver is no value. */
  readonly functions: ReadonlyMap<number, FunctionDeclaration>
}

interface Scope {
  readonly parent?: Scope
  readonly variables: Map<string, CelType>
}

/** Throws CelCompileError. */
export function check(expr: Expr, environment: Environment, text: string): Checked {
  const checker = new Checker(environment)
  checker.check(expr)
  if (checker.issues.length) throw new CelCompileError(checker.issues, text)
  return checker.result(expr)
}

class Checker {
  readonly issues: CelIssue[] = []
  readonly #types = new Map<number, CelType>()
  readonly #overloads = new Map<number, readonly string[]>()
  readonly #names = new Map<number, string>()
  readonly #functions = new Map<number, FunctionDeclaration>()
  readonly #substitutions = new Substitutions()
  #scope: Scope = { variables: new Map() }
  #freeParams = 0
  /** Inside of a call of `format`, literals may hold elements of different types. */
  #mixed = 0

  constructor(private readonly environment: Environment) {}

  result(expr: Expr): Checked {
    const types = new Map([...this.#types].map(([id, type]) => [id, resolve(this.#substitutions, type)]))
    return {
      expr,
      resultType: types.get(expr.id)!,
      types,
      overloads: this.#overloads,
      names: this.#names,
      functions: this.#functions,
    }
  }

  check(expr: Expr): CelType {
    const type = this.#typeOf(expr)
    this.#types.set(expr.id, type)
    return type
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return literalType(expr.value)
      case 'ident':
        return this.#named(expr.id, expr.name) ?? this.#undeclared(expr.name, expr.offset)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'comprehension':
        return this.#comprehension(expr)
    }
  }

  #report(message: string, offset: number): CelType {
    this.issues.push({ message, offset })
    return errorType
  }

  #undeclared(name: string, offset: number): CelType {
    return this.#report(`undeclared reference to '${name}' (in container '')`, offset)
  }

  #mismatch(expected: CelType, actual: CelType, offset: number): CelType {
    return this.#report(`expected type '${formatType(expected)}' but found '${formatType(actual)}'`, offset)
  }

  /** A variable, or a type as a value. */
  #named(id: number, written: string): CelType | undefined {
    const name = written.replace(/^\./u, '')
    const type = this.#variable(name)
    const asType = type ? undefined : this.environment.typeNamed(name)
    if (!type && !asType) return undefined
    this.#names.set(id, name)
    return type ?? typeOf(asType!)
  }

  #variable(name: string): CelType | undefined {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.parent) {
      const type = scope.variables.get(name)
      if (type) return type
    }
    return this.environment.variable(name)
  }

  #select(expr: Expr & { kind: 'select' }): CelType {
    const name = qualifiedName(expr)
    const named = name === undefined ? undefined : this.#named(expr.id, name)
    if (named) return named
    const type = this.#field(expr.operand, expr.field, expr.offset, false)
    return expr.testOnly ? boolType : this.#substitutions.apply(type)
  }

  #field(operand: Expr, field: string, offset: number, wantsOptional: boolean): CelType {
    const operandType = this.#substitutions.apply(this.check(operand))
    const wrapped = isOptional(operandType)
    const type = this.#fieldOf(wrapped ? operandType.params[0]! : operandType, field, offset)
    return wrapped || wantsOptional ? optionalOf(type) : type
  }

  #fieldOf(type: CelType, field: string, offset: number): CelType {
    if (type.kind === 'map') return type.params[1]!
    if (type.kind === 'struct') {
      const struct = this.environment.struct(type.name)
      if (!struct) return this.#report(`unexpected failed resolution of '${type.name}'`, offset)
      return struct.field(field) ?? this.#report(`undefined field '${field}'`, offset)
    }
    if (type.kind === 'param') this.#substitutions.assignable([dynType], [type])
    else if (!isDynOrError(type)) this.#report(`type '${formatType(type)}' does not support field selection`, offset)
    return dynType
  }

  #call(expr: Call): CelType {
    const { name, target, args } = expr
    if (name === '_?._' && !target) return this.#optionalSelect(expr)
    this.#checkArguments(name, args)
    if (!target) {
      const fn = this.environment.function(name.replace(/^\./u, ''))
      if (!fn) return this.#undeclared(name, expr.offset)
      return this.#resolve(expr, fn, undefined)
    }
    const prefix = qualifiedName(target)
    const dotted = prefix === undefined ? undefined : this.environment.function(`${prefix}.${name}`)
    if (dotted) {
      this.#functions.set(expr.id, dotted)
      return this.#resolve(expr, dotted, undefined)
    }
    this.check(target)
    const fn = this.environment.function(name)
    return fn ? this.#resolve(expr, fn, target) : this.#undeclared(name, expr.offset)
  }

  #checkArguments(name: string, args: readonly Expr[]): void {
    if (name === 'format') this.#mixed++
    for (const arg of args) this.check(arg)
    if (name === 'format') this.#mixed--
  }

  #optionalSelect({ id, args, offset }: Call): CelType {
    const [operand, field] = args
    const name = field?.kind === 'literal' ? String(field.value) : ''
    this.#types.set(field!.id, stringType)
    this.#overloads.set(id, ['select_optional_field'])
    return this.#substitutions.apply(this.#field(operand!, name, offset, true))
  }

  #resolve(expr: Call, fn: FunctionDeclaration, target: Expr | undefined): CelType {
    const argExprs = target ? [target, ...expr.args] : expr.args
    const args = argExprs.map(arg => this.#types.get(arg.id)!)
    if (fn.name === '_&&_' || fn.name === '_||_') return this.#logical(expr, fn, args)
    const matching: string[] = []
    let result: CelType | undefined
    for (const overload of fn.overloads) {
      if (overload.member !== !!target) continue
      const type = this.#apply(overload, args)
      if (!type) continue
      matching.push(overload.id)
      if (!result) result = type
      else if (!isDyn(result) && !sameType(type, result)) result = dynType
    }
    this.#overloads.set(expr.id, matching)
    return result ?? this.#noOverload(expr, fn, args, !!target)
  }

  /** The result if the overload takes these arguments. */
  #apply({ params, args: wanted, result }: Overload, args: readonly CelType[]): CelType | undefined {
    const fresh = new Map(params.map(name => [name, this.#newParam()]))
    const instantiate = (type: CelType): CelType =>
      type.kind === 'param' ? fresh.get(type.name)! : { ...type, params: type.params.map(instantiate) }
    const formal = fresh.size ? wanted.map(instantiate) : wanted
    if (!this.#substitutions.assignable(args, formal)) return undefined
    return this.#substitutions.apply(fresh.size ? instantiate(result) : result)
  }

  #newParam(): CelType {
    return paramType(`_var${this.#freeParams++}`)
  }

  #logical(expr: Call, fn: FunctionDeclaration, args: readonly CelType[]): CelType {
    this.#overloads.set(expr.id, [fn.overloads[0]!.id])
    let failed = false
    for (const [i, type] of args.entries()) {
      if (this.#substitutions.assignable([type], [boolType])) continue
      this.#mismatch(boolType, type, expr.args[i]!.offset)
      failed = true
    }
    return failed ? errorType : boolType
  }

  #noOverload(expr: Call, fn: FunctionDeclaration, args: readonly CelType[], member: boolean): CelType {
    const shown = args.map(type => formatType(resolve(this.#substitutions, type)))
    const signature = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`
    return this.#report(`found no matching overload for '${fn.name}' applied to '${signature}'`, expr.offset)
  }

  /** The element type of a literal so far, widened by one more element. */
  #join(expr: Expr, previous: CelType | undefined, current: CelType): CelType {
    if (!previous) return current
    if (this.#substitutions.assignable([previous], [current])) return mostGeneral(previous, current)
    if (this.#mixed) return dynType
    return this.#mismatch(previous, current, expr.offset)
  }

  /** The type inside of `?value`. */
  #unwrapped(expr: Expr, type: CelType, optional: boolean): CelType {
    if (!optional) return type
    if (isOptional(type)) return type.params[0]!
    if (!isDyn(type)) this.#mismatch(optionalOf(type), type, expr.offset)
    return type
  }

  #list({ elements, optional }: Expr & { kind: 'list' }): CelType {
    let type: CelType | undefined
    for (const [i, element] of elements.entries())
      type = this.#join(element, type, this.#unwrapped(element, this.check(element), optional.has(i)))
    return listOf(type ?? this.#newParam())
  }

  #map({ entries }: Expr & { kind: 'map' }): CelType {
    let keyType: CelType | undefined
    let valueType: CelType | undefined
    for (const { key, value, optional } of entries) {
      keyType = this.#join(key, keyType, this.check(key))
      valueType = this.#join(value, valueType, this.#unwrapped(value, this.check(value), optional))
    }
    return mapOf(keyType ?? this.#newParam(), valueType ?? this.#newParam())
  }

  #struct({ id, typeName, fields, offset }: Expr & { kind: 'struct' }): CelType {
    const name = typeName.replace(/^\./u, '')
    const type = this.environment.typeNamed(name)
    if (!type) return this.#undeclared(typeName, offset)
    this.#names.set(id, name)
    if (type.kind !== 'struct') return this.#report(`'${formatType(type)}' is not a message type`, offset)
    for (const field of fields) {
      const valueType = this.#unwrapped(field.value, this.check(field.value), field.optional)
      const wanted = this.#fieldOf(type, field.name, field.offset)
      if (!this.#substitutions.assignable([wanted], [valueType]))
        this.#report(
          `expected type of field '${field.name}' is '${formatType(wanted)}' but provided type is '${formatType(valueType)}'`,
          field.offset,
        )
    }
    return type
  }

  #comprehension(expr: Comprehension): CelType {
    const rangeType = this.#substitutions.apply(this.check(expr.range))
    const accuType = this.check(expr.init)
    const outer = this.#scope
    const withAccu: Scope = { parent: outer, variables: new Map([[expr.accu, accuType]]) }
    this.#scope = { parent: withAccu, variables: this.#iterationVariables(expr, rangeType) }
    this.#assert(expr.condition, boolType)
    this.#assert(expr.step, accuType)
    this.#scope = withAccu
    const result = this.check(expr.result)
    this.#scope = outer
    return this.#substitutions.apply(result)
  }

  #assert(expr: Expr, type: CelType): void {
    const actual = this.check(expr)
    if (!this.#substitutions.assignable([type], [actual])) this.#mismatch(type, actual, expr.offset)
  }

  #iterationVariables({ iter, iter2, range }: Comprehension, type: CelType): Map<string, CelType> {
    const variables = ([first, second]: readonly CelType[]) =>
      new Map(
        iter2 === undefined
          ? [[iter, first!]]
          : ([
              [iter, first!],
              [iter2, second!],
            ] as const),
      )
    const [a, b] = type.params
    if (type.kind === 'list') return variables(iter2 === undefined ? [a!] : [intType, a!])
    if (type.kind === 'map') return variables([a!, b!])
    if (type.kind !== 'any' && (type.kind === 'param' || isDynOrError(type))) {
      this.#substitutions.assignable([dynType], [type])
      return variables([dynType, dynType])
    }
    const message = `expression of type '${formatType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`
    this.#report(message, range.offset)
    return variables([errorType, errorType])
  }
}

function literalType(value: Extract<Expr, { kind: 'literal' }>['value']): CelType {
  switch (typeof value) {
    case 'boolean':
      return boolType
    case 'bigint':
      return intType
    case 'number':
      return doubleType
    case 'string':
      return stringType
  }
  if (value === null) return nullType
  return value instanceof Uint ? uintType : bytesType
}
