/**
 * Hundreds of CustomResourceDefinitions: how long until all are served and told of, what that takes in memory, and how long a start
 * takes with them. Checks that discovery, OpenAPI v2 and v3 tell of every one.
 */
import { connectSession, request, runLoad } from './http.js'
import { type BenchServer, cpuSeconds, residentBytes } from './servers/server.js'

const count = 500
const groups = 25
/** Fields of each of them: an operator's kind has tens. */
const fields = 40
const pollMs = 50
const timeoutMs = 300_000

const groupOf = (n: number) => `g${n % groups}.bench.example.com`

function definition(n: number): string {
  const spec = Object.fromEntries(
    Array.from({ length: fields }, (_, f) => [
      `field${f}`,
      { type: 'object', description: `What ${f} says.`, properties: { value: { type: 'string', maxLength: 100 } } },
    ]),
  )
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: spec } } }
  return JSON.stringify({
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: `kind${n}s.${groupOf(n)}` },
    spec: {
      ...{ group: groupOf(n), scope: 'Namespaced', names: { kind: `Kind${n}`, plural: `kind${n}s` } },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  })
}

/** How many of the definitions each document tells of. */
async function told(server: BenchServer): Promise<Record<string, number>> {
  const session = connectSession(server)
  const get = async (path: string, accept = 'application/json') => {
    const { status, body } = await request(session, server.headers, { path, accept })
    if (status !== 200) throw new Error(`${server.name} answered ${status} to ${path}`)
    return JSON.parse(body.toString())
  }
  try {
    const discovery = await get('/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
    type Version = { resources: { resource: string }[] }
    const resources = discovery.items.flatMap((item: { versions: Version[] }) =>
      item.versions.flatMap(version => version.resources.map(r => r.resource)),
    )
    const paths = Object.keys((await get('/openapi/v3')).paths)
    const definitions = Object.keys((await get('/openapi/v2')).definitions)
    return {
      discovery: resources.filter((name: string) => /^kind\d+s$/.test(name)).length,
      'OpenAPI v2': definitions.filter(name => /^com\.example\.bench\.g\d+\.v1\.Kind\d+$/.test(name)).length,
      'OpenAPI v3 groups': paths.filter(path => /^apis\/g\d+\.bench\.example\.com\/v1$/.test(path)).length,
    }
  } finally {
    session.destroy()
  }
}

const complete = (counts: Record<string, number>) =>
  counts.discovery === count && counts['OpenAPI v2'] === count && counts['OpenAPI v3 groups'] === groups

/** Milliseconds until every document tells of every definition. */
async function untilTold(server: BenchServer): Promise<number> {
  const begin = performance.now()
  for (;;) {
    const counts = await told(server)
    const waited = performance.now() - begin
    if (complete(counts)) return waited
    if (waited > timeoutMs) throw new Error(`${server.name} tells of ${JSON.stringify(counts)} of ${count}`)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}

const megabytes = (server: BenchServer) => `${(residentBytes(server.pids) / 1e6).toFixed(0)} MB`
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`

/** Prints a line for each step. */
export async function benchDefinitions(server: BenchServer, say: (line: string) => void): Promise<void> {
  const tell = (what: string, value: string) => say(`${server.name.padEnd(8)} ${what.padEnd(52)} ${value}`)
  tell('start, without definitions', seconds(server.startMs))
  tell('memory, without definitions', megabytes(server))
  const [begin, cpu] = [performance.now(), cpuSeconds(server.pids)]
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await runLoad(server, { clients: 4, total: count, call: n => ({ method: 'POST', path, body: definition(n) }) })
  tell(`${count} definitions created`, seconds(performance.now() - begin))
  await untilTold(server)
  tell('… until discovery, OpenAPI v2 and v3 tell of all', seconds(performance.now() - begin))
  tell('CPU until then', seconds((cpuSeconds(server.pids) - cpu) * 1000))
  tell('memory', megabytes(server))
  tell('start, with definitions', seconds(await server.restart()))
  tell('… and until all is told', seconds(await untilTold(server)))
  tell('CPU until then', seconds(cpuSeconds(server.pids) * 1000))
  tell('memory', megabytes(server))
}
