/** The process that holds a sandbox's namespaces: the pause program, alone in a root of its own, without any privilege. */
import type { SandboxConfig } from '../types.js'
import { mountProc } from './enter-root.js'
import { Launcher } from './kernel/launcher.js'
import { atWorkingDirectory, cloneFlags, mountFlags, openFlags } from './kernel/system-calls.js'
import { addPrivileges } from './launch-user.js'
import { fork, openPipes, tellOfEnd } from './supervised-launch.js'

const { bind, recursive, detach, private: makePrivate } = mountFlags
const nobody = 65535

/** `/proc/sys/net/core/somaxconn` for `net.core.somaxconn`. */
const sysctlPath = (name: string) => `/proc/sys/${name.replaceAll('.', '/')}`

function setSysctl(launcher: Launcher, name: string, value: string): void {
  const what = `set sysctl ${name}`
  const fd = launcher.call('openat', [atWorkingDirectory, sysctlPath(name), openFlags.writeOnly, 0], { what })
  // Open files of the process are few: this is number 30.
  launcher.move(fd, sysctlFd, openFlags.closeOnExec)
  const bytes = Buffer.from(value)
  launcher.call('write', [sysctlFd, bytes, bytes.length], { what })
  launcher.call('close', [sysctlFd])
}
const sysctlFd = 30

/** `root` is an empty directory that holds the program `pause` and a directory `proc`. */
export function sandboxLauncher(directory: string, root: string, config: SandboxConfig): Launcher {
  const { namespaces, hostname, sysctls } = config
  const launcher = new Launcher()
  openPipes(launcher, directory)
  const ownNetwork = namespaces.network === 'pod'
  const flags =
    cloneFlags.newMounts |
    cloneFlags.newUts |
    (ownNetwork ? cloneFlags.newNetwork : 0) |
    (namespaces.ipc === 'pod' ? cloneFlags.newIpc : 0)
  launcher.call('unshare', [flags], { what: 'make namespaces' })
  const name = Buffer.from(hostname)
  launcher.call('sethostname', [name, name.length], { what: 'set the host name' })
  for (const [name, value] of Object.entries(sysctls)) setSysctl(launcher, name, value)
  launcher.call('mount', [0, '/', 0, makePrivate | recursive, 0])
  launcher.call('mount', [root, root, 0, bind, 0])
  launcher.call('chdir', [root])
  launcher.call('pivot_root', ['.', '.'], { what: 'change root' })
  launcher.call('umount2', ['.', detach])
  launcher.call('chdir', ['/'])
  const started = fork(launcher, namespaces.pid === 'node' ? 0 : cloneFlags.newPid)
  mountProc(launcher, true)
  addPrivileges(launcher, {
    identity: { uid: nobody, gid: nobody, groups: [], home: '/' },
    capabilities: 0n,
    noNewPrivileges: true,
    filtered: true,
  })
  launcher.call('execve', ['/pause', ['/pause'], []], { what: 'start the pause program' })
  tellOfEnd(launcher, started)
  return launcher
}
