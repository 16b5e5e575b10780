/** What `docker login` left in the user's configuration, so that pods may pull what the user may pull. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegistryCredentials } from '../runtime/types.js'
import { credentialsIn, type DockerAuth } from './credentials.js'
import type { ImageName } from './image-name.js'

interface DockerConfig {
  auths?: Record<string, DockerAuth>
  credsStore?: string
  /** By registry. */
  credHelpers?: Record<string, string>
}

/** Runs `docker-credential-<helper> get` with a registry on its input; resolves with its output. Rejects where it knows nothing. */
export type AskHelper = (helper: string, registry: string) => Promise<string>

export const askHelper: AskHelper = (helper, registry) =>
  new Promise((resolve, reject) => {
    const child = execFile(`docker-credential-${helper}`, ['get'], { timeout: 10_000 }, (error, output) =>
      error ? reject(error) : resolve(output),
    )
    child.stdin?.on('error', () => {}).end(registry)
  })

/** Docker Hub is known to helpers by this name. */
const hub = 'https://index.docker.io/v1/'
/** As helpers say that what they give is an identity token. */
const tokenUser = '<token>'

async function fromHelper(helper: string, registry: string, ask: AskHelper): Promise<RegistryCredentials[]> {
  const serveraddress = registry === 'docker.io' ? hub : registry
  try {
    const { Username: username, Secret: secret } = JSON.parse(await ask(helper, serveraddress)) as Record<
      string,
      string
    >
    if (!secret) return []
    if (username === tokenUser) return [{ serveraddress, identitytoken: secret }]
    return [{ username: username ?? '', password: secret, serveraddress }]
  } catch {
    return []
  }
}

/** `directory`: where Docker's client keeps its `config.json`. Read anew each time: users log in and out. */
export async function userCredentials(
  name: ImageName,
  directory: string,
  ask: AskHelper = askHelper,
): Promise<RegistryCredentials[]> {
  let config: DockerConfig
  try {
    config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as DockerConfig
  } catch {
    return []
  }
  const helper = config.credHelpers?.[name.registry] ?? config.credsStore
  const helped = helper ? await fromHelper(helper, name.registry, ask) : []
  // A store leaves empty entries behind as a list of what it knows.
  const plain = Object.entries(config.auths ?? {}).filter(([, auth]) => Object.keys(auth).length > 0)
  return [...helped, ...credentialsIn(plain, name)]
}
