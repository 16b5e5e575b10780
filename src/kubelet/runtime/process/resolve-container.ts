/** What a container is to run, out of its spec and its image, as container runtimes put them together. */
import { RuntimeError } from '../runtime.js'
import type { ContainerConfig } from '../types.js'
import type { ImageConfig } from './image-archive.js'
import type { ResolvedContainer } from './record.js'
import { identityOf } from './users.js'

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const defaultStopSignal = 'SIGTERM'

/** A command takes the place of the image's, arguments included. */
function commandOf({ command, args }: ContainerConfig, image: ImageConfig): string[] {
  if (command.length > 0) return [...command, ...args]
  const rest = args.length > 0 ? args : (image.Cmd ?? [])
  return [...(image.Entrypoint ?? []), ...rest]
}

/** The last of a name wins. */
function environment(...lists: (readonly string[])[]): string[] {
  const byName = new Map<string, string>()
  for (const pair of lists.flat()) byName.set(pair.split('=')[0]!, pair)
  return [...byName.values()]
}

export interface ResolveInput {
  config: ContainerConfig
  image: ImageConfig
  /** Of the image on this machine. */
  root: string
  hostname: string
  groups: readonly string[]
}

/** Rejects with kind `cannot-run` where there is nothing to run, or the image does not know the user. */
export async function resolveContainer(input: ResolveInput): Promise<ResolvedContainer> {
  const { config, image, root, hostname, groups } = input
  const argv = commandOf(config, image)
  if (argv.length === 0) throw new RuntimeError('cannot-run', 'no command specified')
  const { user, supplementalGroups } = config.security
  const identity = await identityOf(root, user ?? image.User ?? '', supplementalGroups)
  const env = environment(
    [defaultPath, `HOSTNAME=${hostname}`, ...(config.tty ? ['TERM=xterm'] : [])],
    image.Env ?? [],
    config.env.map(({ name, value }) => `${name}=${value}`),
  )
  return {
    argv,
    env: environment([`HOME=${identity.home}`], env),
    workingDirectory: config.workingDir || image.WorkingDir || '/',
    identity,
    stopSignal: config.stopSignal ?? image.StopSignal ?? defaultStopSignal,
    groups,
  }
}
