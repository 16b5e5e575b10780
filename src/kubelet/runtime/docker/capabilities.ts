/** Which Linux capabilities a daemon on this machine can give away: a machine may withhold some even from root. */
import { readFile } from 'node:fs/promises'

/** By bit, from CAP_CHOWN on, as far as every Docker from 20.10 on knows them by name. */
const capabilityNames = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ'
).split(' ')

/** Names in a mask as /proc prints it; undefined when none of those up to `last` is missing. */
export function grantable(boundingSet: string, last: number): string[] | undefined {
  const mask = BigInt(`0x${boundingSet}`)
  const known = capabilityNames.slice(0, last + 1)
  const held = known.filter((_, bit) => (mask >> BigInt(bit)) & 1n)
  return held.length === known.length ? undefined : held
}

/** Undefined where nothing is withheld, or where we cannot tell: only root shares the daemon's bounds. */
export async function readGrantable(): Promise<string[] | undefined> {
  if (process.getuid?.() !== 0) return undefined
  try {
    const [status, last] = await Promise.all([
      readFile('/proc/self/status', 'utf8'),
      readFile('/proc/sys/kernel/cap_last_cap', 'utf8'),
    ])
    const boundingSet = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1]
    return boundingSet ? grantable(boundingSet, Number(last)) : undefined
  } catch {
    return undefined
  }
}
