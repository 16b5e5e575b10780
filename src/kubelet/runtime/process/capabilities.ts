/** Linux capabilities of a container, as bits. Pure but for reading what this process holds. */
import { readFileSync } from 'node:fs'
import type { SecurityOptions } from '../types.js'

/** By bit, from the kernel's header. */
const names = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ')

/** What container engines give by default. */
const defaults =
  'CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP'.split(
    ' ',
  )

const bit = (name: string): bigint => {
  const index = names.indexOf(name.replace(/^CAP_/, ''))
  return index < 0 ? 0n : 1n << BigInt(index)
}

const maskOf = (list: readonly string[], all: bigint) =>
  list.reduce((mask, name) => mask | (name === 'ALL' ? all : bit(name)), 0n)

/** Those that this process can hand on: machines may withhold some even from root. */
export function heldCapabilities(): bigint {
  const text = readFileSync('/proc/self/status', 'utf8')
  return BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(text)?.[1] ?? '0'}`)
}

/** `withheld` are never given, but to privileged containers: what they allow cannot be kept in bounds on this machine. */
export function capabilitiesOf(
  { privileged, addCapabilities, dropCapabilities }: SecurityOptions,
  { held, withheld = [] }: { held: bigint; withheld?: readonly string[] },
): bigint {
  if (privileged) return held
  const base = dropCapabilities.includes('ALL') ? 0n : maskOf(defaults, held) & ~maskOf(withheld, held)
  return (
    (base | maskOf(addCapabilities, held)) &
    ~maskOf(
      dropCapabilities.filter(name => name !== 'ALL'),
      0n,
    ) &
    held
  )
}

/** How many there are: bits beyond are not known to this list. */
export const capabilityCount = names.length
