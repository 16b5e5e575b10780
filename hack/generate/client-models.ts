/** Reads the models of @kubernetes/client-node: names, fields, requiredness and descriptions of every API type. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commentText } from './comment-text.js'

export interface ModelField {
  /** The JSON name. */
  name: string
  /** The client library's type, such as `Array<V1Container>` or `{ [key: string]: string; }`. */
  type: string
  format: string
  required: boolean
  doc: string
}

export interface Model {
  /** The client library's name, such as `V1Container`. */
  name: string
  doc: string
  fields: ModelField[]
}

interface Attribute {
  name: string
  baseName: string
  type: string
  format: string
}

/** Fields of a class body in a `.d.ts` file: description and optionality by property name. */
function declaredFields(body: string): Map<string, { doc: string; required: boolean }> {
  const fields = new Map<string, { doc: string; required: boolean }>()
  for (const [, doc, name, optional] of body.matchAll(/(?: {4}\/\*\*\n([\s\S]*?) {4}\*\/\n)? {4}'([^']+)'(\?)?: /g))
    fields.set(name!, { doc: commentText(doc), required: !optional })
  return fields
}

function readModel(directory: string, name: string): Model {
  const declaration = readFileSync(join(directory, `${name}.d.ts`), 'utf8')
  const source = readFileSync(join(directory, `${name}.js`), 'utf8')
  const attributes = /attributeTypeMap = (\[[\s\S]*?\n\]|\[\]);/.exec(source)
  const afterBanner = declaration.slice(declaration.indexOf('*/') + 2)
  const head = new RegExp(`(?:/\\*\\*\\n([\\s\\S]*?)\\*/\\n)?export declare class ${name} \\{`).exec(afterBanner)
  if (!attributes || !head) throw new Error(`cannot read the model ${name}`)
  const body = afterBanner.slice(head.index + head[0].length, afterBanner.indexOf('    static readonly discriminator'))
  const declared = declaredFields(body)
  const fields = (JSON.parse(attributes[1]!) as Attribute[]).map(attribute => {
    const found = declared.get(attribute.name)
    if (!found) throw new Error(`${name}.${attribute.name} is mapped but not declared`)
    return { name: attribute.baseName, type: attribute.type, format: attribute.format, ...found }
  })
  return { name, doc: commentText(head[1]), fields }
}

/** All models by name; `generated` is the library's `dist/gen`. */
export function readModels(generated: string): Map<string, Model> {
  const index = readFileSync(join(generated, 'models/all.d.ts'), 'utf8')
  const models = new Map<string, Model>()
  for (const [, name] of index.matchAll(/'\.\.\/models\/(\w+)\.js'/g))
    models.set(name!, readModel(join(generated, 'models'), name!))
  return models
}
