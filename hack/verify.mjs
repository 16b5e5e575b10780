/** `npm run verify`: what is generated is complete, the same each time, and what is on disk. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { loadGenerator } from './build.mjs'
import { installIfNeeded, root } from './setup.mjs'

/** Counts of the stock server, v1.34.4 with its default configuration. */
const expected = { definitions: 569, paths: 400, documents: 47 }

installIfNeeded()
const { generateTypes, generateOpenApi } = await loadGenerator()
const problems = []

const first = generateTypes(root)
const second = generateTypes(root)
for (const [name, text] of first) {
  if (second.get(name) !== text) problems.push(`${name} differs from one run to the next`)
  let onDisk = ''
  try {
    onDisk = readFileSync(join(root, 'src/apis/generated', name), 'utf8')
  } catch {}
  if (onDisk !== text) problems.push(`src/apis/generated/${name} is not current: npm run generate`)
}

const scratch = mkdtempSync(join(tmpdir(), 'minik8s-verify-'))
try {
  generateOpenApi(root, scratch)
  const { v3 } = JSON.parse(readFileSync(join(scratch, 'index.json'), 'utf8'))
  const v2 = JSON.parse(gunzipSync(readFileSync(join(scratch, 'v2.json.gz'))).toString())
  const found = {
    definitions: Object.keys(v2.definitions).length,
    paths: Object.keys(v2.paths).length,
    documents: Object.keys(v3).length,
  }
  for (const [name, count] of Object.entries(expected))
    if (found[name] !== count) problems.push(`OpenAPI has ${found[name]} ${name} instead of ${count}`)
} finally {
  rmSync(scratch, { recursive: true })
}

for (const problem of problems) console.error(problem)
if (problems.length) process.exit(1)
console.log(`${first.size} generated modules and ${expected.documents + 1} OpenAPI documents verified`)
