/** Writes the OpenAPI documents as the server reads them: compressed, with an index of their hashes. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encodeV2 } from '../../../src/apiserver/openapi/protobuf/document.js'
import { type DocumentSources, emitV2 } from './document-v2.js'
import { emitV3 } from './documents-v3.js'

const hashOf = (text: string) => createHash('sha512').update(text).digest('hex').toUpperCase()

/**
 * Fills `output`: `v2.json.gz`, `v2.pb.gz`, `v3/<key>.json.gz` (slashes of the key as `__`), and `index.json`, see
 * src/apiserver/openapi/documents.ts.
 */
export function writeOpenApi(sources: DocumentSources, output: string): void {
  mkdirSync(join(output, 'v3'), { recursive: true })
  const write = (file: string, content: string | Buffer) => writeFileSync(join(output, `${file}.gz`), gzipSync(content))
  const v2 = emitV2(sources)
  const v2Text = JSON.stringify(v2)
  write('v2.json', v2Text)
  write('v2.pb', encodeV2(v2))
  const v3: Record<string, string> = {}
  for (const [key, document] of emitV3(sources)) {
    const text = JSON.stringify(document)
    v3[key] = hashOf(text)
    write(`v3/${key.replaceAll('/', '__')}.json`, text)
  }
  writeFileSync(join(output, 'index.json'), JSON.stringify({ v2: hashOf(v2Text), v3 }))
}
