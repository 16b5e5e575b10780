/** Generates the TypeScript types and schemas of the built-in kinds, and the OpenAPI documents. Run by hack/build.mjs. */
import { join } from 'node:path'
import { readModels } from './client-models.js'
import { readOperations } from './client-operations.js'
import { buildDefinitions } from './definitions.js'
import { describe } from './describe.js'
import { readFacts } from './facts.js'
import { metaPackage, nameModels } from './naming.js'
import { buildOperations, pathItems } from './openapi/operations.js'
import { writeOpenApi } from './openapi/write-files.js'
import { readDescriptions } from './package-descriptions.js'
import { buildSchemaSet, schemaModule } from './schema-set.js'
import { reachableDefinitions, servedOperations } from './served.js'
import { typeModules } from './typescript.js'

/** Version that the OpenAPI documents state. */
const version = '1.34'

function load(root: string) {
  const facts = readFacts(join(root, 'api/openapi/facts'))
  const nodeModules = join(root, 'node_modules')
  const generated = join(nodeModules, '@kubernetes/client-node/dist/gen')
  const models = readModels(generated)
  const allOperations = readOperations(generated)
  const names = nameModels(models, allOperations, facts.api)
  const operations = servedOperations(allOperations, facts.api.served)
  const all = buildDefinitions({ models, names, facts })
  describe(all, readDescriptions(nodeModules))
  const definitions = reachableDefinitions(all, operations, names, [`${metaPackage}WatchEvent`, `${metaPackage}Patch`])
  return { facts, names, operations, definitions }
}

/** Files of src/apis/generated/ by name. */
export function generateTypes(root: string): Map<string, string> {
  const { facts, definitions } = load(root)
  return typeModules(definitions, facts).set('schema.ts', schemaModule(buildSchemaSet(definitions, facts)))
}

/** Writes the OpenAPI documents of the served kinds. */
export function generateOpenApi(root: string, output: string): void {
  const { facts, names, operations, definitions } = load(root)
  const { connect } = facts.api
  const paths = pathItems(buildOperations({ operations, names, connect }))
  writeOpenApi({ definitions, paths, version }, output)
}
