/**
 * `node hack/authz-matrix.mjs --server URL --token TOKEN [--peer URL --peer-token TOKEN] [--record]`: asks a server who may do what, and
 * tells what it answers differently from a stock server or, without one, from the recorded answers. TOKEN is one of system:masters.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Answers, askAll } from './ask.js'
import { answerDifferences } from './differences.js'
import { discover } from './resources.js'
import { httpsSend } from './send.js'
import { setUp, tearDown } from './setup.js'

const golden = 'test/golden/authz-matrix/answers.json'
const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    token: { type: 'string' },
    peer: { type: 'string' },
    'peer-token': { type: 'string' },
    record: { type: 'boolean' },
  },
})

async function askServer(url: string, token: string, resources?: Answers['resources']): Promise<Answers> {
  const send = httpsSend(url, token)
  await setUp(send)
  try {
    return await askAll(send, resources ?? (await discover(send)))
  } finally {
    await tearDown(send)
  }
}

const { server, token = '', peer, 'peer-token': peerToken = '' } = values
const wanted: Answers = peer ? await askServer(peer, peerToken) : JSON.parse(readFileSync(golden, 'utf8'))
if (peer && values.record) writeFileSync(golden, `${JSON.stringify(wanted, null, 1)}\n`)
if (server) {
  const found = answerDifferences(wanted, await askServer(server, token, wanted.resources))
  for (const line of found) process.stdout.write(`${line}\n`)
  process.stderr.write(`${found.length} differences\n`)
  process.exitCode = found.length ? 1 : 0
}
