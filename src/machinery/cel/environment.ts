/** What every expression of Kubernetes may use, and environments that add variables and structs to it. */
import { type Checked, check } from './checker.js'
import { compile, type Program } from './compile.js'
import type { Environment, FunctionDeclaration, StructDeclaration } from './declarations.js'
import { formatIssues } from './format-literals.js'
import { addresses } from './library/addresses.js'
import { collections } from './library/collections.js'
import { conversions, namedTypes } from './library/conversions.js'
import { functionCosts } from './library/costs.js'
import { namedFormats } from './library/formats.js'
import { operators } from './library/operators.js'
import { optionals } from './library/optionals.js'
import { quantities } from './library/quantities.js'
import { regexes } from './library/regexes.js'
import { semvers } from './library/semvers.js'
import { strings } from './library/strings.js'
import { times } from './library/times.js'
import { urls } from './library/urls.js'
import { literalIssues } from './literals.js'
import { mixedLiterals } from './mixed-literals.js'
import { parse } from './parser.js'
import { CelCompileError } from './source.js'
import { type CelType, structType } from './types.js'

/** Functions of one name from several libraries are one function with all their overloads. */
function merge(a: FunctionDeclaration | undefined, b: FunctionDeclaration): FunctionDeclaration {
  if (!a) return b
  return {
    name: b.name,
    get overloads() {
      return [...a.overloads, ...b.overloads]
    },
    call: (...args) => a.call(...args) ?? b.call(...args),
  }
}

function byName(functions: readonly FunctionDeclaration[]): ReadonlyMap<string, FunctionDeclaration> {
  const found = new Map<string, FunctionDeclaration>()
  for (const fn of functions) found.set(fn.name, merge(found.get(fn.name), fn))
  return found
}

let standard: ReadonlyMap<string, FunctionDeclaration> | undefined

/** Put together when it is first needed. */
const standardFunctions = () =>
  (standard ??= byName([
    ...[operators, conversions, strings, times, optionals, collections, regexes, urls].flat(),
    ...[addresses, quantities, semvers, namedFormats].flat(),
  ]))

export interface EnvironmentOptions {
  variables: Readonly<Record<string, CelType>>
  structs?: readonly StructDeclaration[]
  functions?: readonly FunctionDeclaration[]
}

export function newEnvironment({ variables, structs = [], functions = [] }: EnvironmentOptions): Environment {
  const own = byName(functions)
  const byStruct = new Map(structs.map(struct => [struct.name, struct]))
  return {
    function(name) {
      const fn = standardFunctions().get(name)
      const added = own.get(name)
      return added ? merge(fn, added) : fn
    },
    variable: name => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    struct: name => byStruct.get(name),
    typeNamed: name => namedTypes.get(name) ?? (byStruct.has(name) ? structType(name) : undefined),
  }
}

export interface Compiled extends Checked {
  run: Program
}

/**
 * Parses, checks and prepares an expression. Throws CelCompileError or CelProgramError. The pattern engine must have been loaded
 * (`loadPatternEngine`).
 */
export function compileExpression(text: string, environment: Environment): Compiled {
  const expr = parse(text, environment.bindings)
  const checked = check(expr, environment, text)
  const issues = [...literalIssues(expr), ...mixedLiterals(checked), ...formatIssues(checked)]
  if (issues.length) throw new CelCompileError(issues, text)
  return { ...checked, run: compile(checked, environment, functionCosts) }
}
