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

/** What the daemon may give away at most: what root has, be it us or the first process. */
async function daemonBounds(): Promise<string | undefined> {
  const status = await readFile(process.getuid?.() === 0 ? '/proc/self/status' : '/proc/1/status', 'utf8')
  return /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1]
}

/** Undefined where nothing is withheld, or where we cannot tell. */
export async function readGrantable(): Promise<string[] | undefined> {
  try {
    const [bounds, last] = await Promise.all([daemonBounds(), readFile('/proc/sys/kernel/cap_last_cap', 'utf8')])
    return bounds ? grantable(bounds, Number(last)) : undefined
  } catch {
    return undefined
  }
}
