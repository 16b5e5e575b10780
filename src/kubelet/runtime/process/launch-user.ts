/** The last calls before a container's program runs: groups, user, capabilities, and the program itself. */
import { capabilityCount } from './capabilities.js'
import type { CallResult, Launcher } from './kernel/launcher.js'
import { atWorkingDirectory, openFlags, processControl } from './kernel/system-calls.js'
import { addSeccompFilter } from './seccomp.js'
import type { UserIdentity } from './users.js'

export interface Privileges {
  identity: UserIdentity
  /** Bits of those that remain. */
  capabilities: bigint
  noNewPrivileges: boolean
  /** Refuse what containers have no business with. */
  filtered: boolean
}

const killSignal = 9
/** _LINUX_CAPABILITY_VERSION_3 */
const capabilityVersion = 0x20080522

function capabilityWords(mask: bigint): Buffer {
  const words = Buffer.alloc(24)
  for (const [i, part] of [mask & 0xffffffffn, mask >> 32n].entries()) {
    words.writeUInt32LE(Number(part), i * 12) // effective
    words.writeUInt32LE(Number(part), i * 12 + 4) // permitted
  }
  return words
}

/** Everything that a process must give up before it is somebody else's. */
export function addPrivileges(
  launcher: Launcher,
  { identity, capabilities, noNewPrivileges, filtered }: Privileges,
): void {
  const header = Buffer.alloc(8)
  header.writeUInt32LE(capabilityVersion)
  const groups = Buffer.alloc(identity.groups.length * 4)
  identity.groups.forEach((gid, i) => {
    groups.writeUInt32LE(gid, i * 4)
  })
  // As long as it may still be installed without the promise never to gain privileges.
  if (filtered) addSeccompFilter(launcher, capabilities)
  for (let i = 0; i < capabilityCount; i++)
    if (!((capabilities >> BigInt(i)) & 1n))
      // Older kernels know fewer.
      launcher.call('prctl', [processControl.dropBounding, i, 0, 0, 0], { onError: 'ignore' })
  launcher.call('prctl', [processControl.setKeepCapabilities, 1, 0, 0, 0])
  launcher.call('setgroups', [identity.groups.length, groups], { what: 'set supplementary groups' })
  launcher.call('setgid', [identity.gid], { what: `become group ${identity.gid}` })
  launcher.call('setuid', [identity.uid], { what: `become user ${identity.uid}` })
  launcher.call('capset', [header, capabilityWords(capabilities)], { what: 'set capabilities' })
  if (noNewPrivileges) launcher.call('prctl', [processControl.setNoNewPrivileges, 1, 0, 0, 0])
  // A change of user takes it back, so it comes last.
  launcher.call('prctl', [processControl.setParentDeathSignal, killSignal, 0, 0, 0])
}

/** `standard`: results of opening what becomes descriptors 0, 1 and 2. */
export function addStandardStreams(launcher: Launcher, standard: readonly (CallResult | number)[]): void {
  standard.forEach((from, to) => {
    launcher.call('dup3', [from, to, 0])
  })
}

export interface Program {
  /** At least one word. */
  argv: readonly string[]
  env: readonly string[]
  workingDirectory: string
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Makes the working directory if need be; to be called while that is still allowed. */
export function addDirectories(launcher: Launcher, path: string): void {
  const parts = path.split('/').filter(Boolean)
  parts.forEach((_, i) => {
    launcher.call('mkdirat', [atWorkingDirectory, `/${parts.slice(0, i + 1).join('/')}`, 0o755], { onError: 'ignore' })
  })
}

/** An empty file to mount upon, unless there is one. */
export function addFile(launcher: Launcher, path: string): void {
  const { create, writeOnly, closeOnExec } = openFlags
  launcher.call('openat', [atWorkingDirectory, path, create | writeOnly | closeOnExec, 0o644], { onError: 'ignore' })
}

/** Never returns to the calls that follow: what cannot be started is reported. */
export function addProgram(launcher: Launcher, { argv, env, workingDirectory }: Program): void {
  const [name = ''] = argv
  const path = env.findLast(pair => pair.startsWith('PATH='))?.slice('PATH='.length) || defaultPath
  const places = name.includes('/') ? [name] : path.split(':').map(directory => `${directory || '.'}/${name}`)
  launcher.call('chdir', [workingDirectory || '/'], { what: `chdir to cwd ("${workingDirectory}") set in config` })
  for (const place of places) launcher.call('execve', [place, argv, env], { what: execStep(place), onError: 'ignore' })
  launcher.fail()
}

const execPrefix = 'exec '
const execStep = (place: string) => `${execPrefix}${place}`

/** What the failed attempts to execute mean, in the words of runc. */
export function programFailure(name: string, failures: readonly { what: string; code: string }[]): string {
  const attempts = failures.filter(({ what }) => what.startsWith(execPrefix))
  const denied = attempts.find(({ code }) => code === 'EACCES')
  if (denied) return `exec: "${name}": permission denied`
  const other = attempts.find(({ code }) => code !== 'ENOENT' && code !== 'ENOTDIR')
  if (other?.code === 'ENOEXEC') return `exec ${name}: exec format error`
  if (other) return `exec: "${name}": ${other.code}`
  return name.includes('/')
    ? `exec: "${name}": stat ${name}: no such file or directory`
    : `exec: "${name}": executable file not found in $PATH`
}
