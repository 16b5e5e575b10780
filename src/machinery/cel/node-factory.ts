/** Makes nodes with ids of one expression. */
import type { Call, Comprehension, Constant, Entry, Expr, Field } from './ast.js'

export class NodeFactory {
  #last = 0

  node(offset: number): { id: number; offset: number } {
    return { id: ++this.#last, offset }
  }

  literal(value: Constant, offset: number): Expr {
    return { ...this.node(offset), kind: 'literal', value }
  }

  ident(name: string, offset: number): Expr {
    return { ...this.node(offset), kind: 'ident', name }
  }

  select(operand: Expr, field: string, offset: number, testOnly = false): Expr {
    return { ...this.node(offset), kind: 'select', operand, field, testOnly }
  }

  call(name: string, args: readonly Expr[], offset: number, target?: Expr): Call {
    return { ...this.node(offset), kind: 'call', name, args, ...(target && { target }) }
  }

  list(elements: readonly Expr[], offset: number, optional: ReadonlySet<number> = new Set()): Expr {
    return { ...this.node(offset), kind: 'list', elements, optional }
  }

  map(entries: readonly Entry[], offset: number): Expr {
    return { ...this.node(offset), kind: 'map', entries }
  }

  struct(typeName: string, fields: readonly Field[], offset: number): Expr {
    return { ...this.node(offset), kind: 'struct', typeName, fields }
  }

  comprehension(parts: Omit<Comprehension, 'id' | 'offset' | 'kind'>, offset: number): Expr {
    return { ...this.node(offset), kind: 'comprehension', ...parts }
  }
}
