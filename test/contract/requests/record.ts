/** Writes down what the stock server answers: `node hack/record-requests.mjs URL TOKEN`. Its namespace must hold nothing else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { areas } from './areas.js'
import { httpsSend } from './https-send.js'
import { play } from './play.js'

const [url = '', token = '', directory = 'test/golden/requests'] = process.argv.slice(2)
const namespace = 'golden-requests'
const send = httpsSend({ url, token })
const body = Buffer.from(JSON.stringify({ metadata: { name: namespace } }))
await send({ method: 'POST', path: '/api/v1/namespaces', headers: { 'content-type': 'application/json' }, body })
for (const [area, cases] of Object.entries(areas)) {
  const lines: string[] = []
  for (const conversation of cases)
    for (const answer of await play(conversation, send, namespace)) lines.push(JSON.stringify(answer))
  writeFileSync(join(directory, `${area}.jsonl`), `${lines.join('\n')}\n`)
  process.stdout.write(`${area}: ${lines.length} answers\n`)
}
process.exit(0)
