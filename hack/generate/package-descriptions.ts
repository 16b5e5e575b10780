/** Reads the descriptions of API types and fields from the declarations of kubernetes-models, which keep those that the client library loses. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstLabel } from './naming.js'

/** Text by short name of a type (`core.v1.Pod`) or field (`core.v1.Pod.spec`); `''` for what is declared without one. */
export type Descriptions = ReadonlyMap<string, string>

const commentBefore = String.raw`(?:/\*\*\n((?:(?!\*/)[\s\S])*?)\s*\*/\n\s*)?`
const fieldPattern = new RegExp(`^ {4}${commentBefore}"([^"]+)"\\??: `, 'gm')

/** The packages write `*` as `\*`, so that no text ends a comment, and repeat a deprecation as a tag. */
const textOf = (comment: string | undefined) =>
  (comment ?? '')
    .split('\n')
    .map(line => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
    .replace(/\\\*/g, '*')
    .replace(/\*\\\//g, '*/')
    .replace(/\s*@deprecated$/, '')

/** Descriptions in the declaration of one kind; `type` is its short name. */
export function declaredDescriptions(declaration: string, type: string): Map<string, string> {
  const kind = type.slice(type.lastIndexOf('.') + 1)
  const found = new Map<string, string>()
  const head = new RegExp(`^${commentBefore}export (?:interface|type) I${kind}\\b.*`, 'm').exec(declaration)
  if (!head) return found
  found.set(type, textOf(head[1]))
  const start = head.index + head[0].length
  const body = head[0].endsWith('{') ? declaration.slice(start, declaration.indexOf('\n}', start)) : ''
  for (const [, comment, field] of body.matchAll(fieldPattern)) found.set(`${type}.${field}`, textOf(comment))
  return found
}

/** Reads every declaration below a package's folder; `prefixOf` turns the folders on the way to it into group and version. */
function readPackage(root: string, prefixOf: (folders: string[]) => string | undefined): [string, string][] {
  const walk = (folders: string[]): [string, string][] =>
    readdirSync(join(root, ...folders), { withFileTypes: true }).flatMap(entry => {
      if (entry.isDirectory())
        return ['_schemas', 'node_modules'].includes(entry.name) ? [] : walk([...folders, entry.name])
      const prefix = prefixOf(folders)
      if (!prefix || !entry.name.endsWith('.d.ts') || entry.name === 'index.d.ts') return []
      const declaration = readFileSync(join(root, ...folders, entry.name), 'utf8')
      return [...declaredDescriptions(declaration, `${prefix}.${entry.name.slice(0, -'.d.ts'.length)}`)]
    })
  return walk([])
}

/** `nodeModules` is the folder that the packages are installed in. */
export function readDescriptions(nodeModules: string): Descriptions {
  return new Map([
    ...readPackage(join(nodeModules, 'kubernetes-models'), ([group = '', version, ...deeper]) => {
      if (deeper.length) return undefined
      return version ? `${firstLabel(group)}.${version}` : group && `core.${group}`
    }),
    // `runtime` is `pkg.runtime`, `apis/meta/v1` is `meta.v1`: the last two parts of the Go package.
    ...readPackage(join(nodeModules, '@kubernetes-models/apimachinery'), folders =>
      folders.length ? ['pkg', ...folders].slice(-2).join('.') : undefined,
    ),
  ])
}
