/** Declared types as the type checker sees them: objects become structs with names. */
import type { StructDeclaration } from '../declarations.js'
import { type CelType, listOf, mapOf, stringType, structType } from '../types.js'
import type { DeclaredType } from './declared-type.js'
import { asKeyword } from './field-names.js'

/** Structs are declared as they are met: few expressions look at much of a schema. */
export class DeclaredStructs {
  readonly #byName = new Map<string, StructDeclaration>()

  find(name: string): StructDeclaration | undefined {
    return this.#byName.get(name)
  }

  /** `name` is for objects; what lists and maps hold is named after it. */
  typeOf(declared: DeclaredType, name: string): CelType {
    switch (declared.kind) {
      case 'scalar':
        return declared.type
      case 'list':
        return listOf(this.typeOf(declared.element, `${name}.@idx`))
      case 'map':
        return mapOf(stringType, this.typeOf(declared.element, `${name}.@elem`))
      case 'object':
        this.#declare(declared.fields, name)
        return structType(name)
    }
  }

  #declare(fields: ReadonlyMap<string, DeclaredType>, name: string): void {
    this.#byName.set(name, {
      name,
      field: written => {
        const found = fields.has(written) ? written : (asKeyword(written) ?? written)
        const type = fields.get(found)
        return type && this.typeOf(type, `${name}.${found}`)
      },
    })
  }
}
