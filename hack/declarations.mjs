/**
 * Writes the types of the package as a library, `dist/types/`: declarations of what the libraries export and of what they mention.
 *   node hack/declarations.mjs
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src')
const target = join(root, 'dist/types')
const entries = ['embedding/index.d.ts', 'operator/index.d.ts']

const sourceOf = path => join(source, path.replace('.d.ts', '.ts'))

/** Makes one declaration at a time: only what they mention is looked into. */
async function declarationWriter() {
  const { default: ts } = await import('typescript')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram(entries.map(sourceOf), {
    ...options,
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: source, outDir: target },
    ...{ incremental: false, tsBuildInfoFile: undefined },
  })
  return path => {
    let declaration
    const file = program.getSourceFile(sourceOf(path))
    const keep = (_, text) => {
      declaration = text
    }
    const { diagnostics } = program.emit(file, keep, undefined, true)
    if (diagnostics.length) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)))
    return declaration
  }
}

const declarationOf = await declarationWriter()
const texts = new Map()
const paths = new Set(entries)
for (const path of paths) {
  const text = declarationOf(path)
  texts.set(path, text)
  for (const [, name] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
    paths.add(join(dirname(path), `${name}.d.ts`))
}
rmSync(target, { recursive: true, force: true })
for (const [path, text] of texts) {
  mkdirSync(dirname(join(target, path)), { recursive: true })
  writeFileSync(join(target, path), text)
}
console.log(`${texts.size} declarations in dist/types`)
