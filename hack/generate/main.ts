/** Generates the TypeScript types and schemas of the built-in kinds, and the OpenAPI documents. Run by hack/build.mjs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readModels } from './client-models.js'
import { readOperations } from './client-operations.js'
import { buildDefinitions } from './definitions.js'
import { readFacts } from './facts.js'
import { metaPackage, nameModels } from './naming.js'
import { buildSchemaSet, schemaModule } from './schema-set.js'
import { reachableDefinitions, servedOperations } from './served.js'
import { typeModules } from './typescript.js'

function load(root: string) {
  const facts = readFacts(join(root, 'api/openapi/facts'))
  const generated = join(root, 'node_modules/@kubernetes/client-node/dist/gen')
  const models = readModels(generated)
  const allOperations = readOperations(generated)
  const names = nameModels(models, allOperations, facts.api)
  const operations = servedOperations(allOperations, facts.api.served)
  const all = buildDefinitions({ models, names, facts })
  const definitions = reachableDefinitions(all, operations, names, [`${metaPackage}WatchEvent`, `${metaPackage}Patch`])
  return { facts, names, operations, definitions }
}

/** Writes the modules of src/apis/generated/ into `output`. */
export function generateTypes({ root, output }: { root: string; output: string }): void {
  const { facts, definitions } = load(root)
  mkdirSync(output, { recursive: true })
  for (const [file, text] of typeModules(definitions, facts)) writeFileSync(join(output, file), text)
  writeFileSync(join(output, 'schema.ts'), schemaModule(buildSchemaSet(definitions, facts)))
}
