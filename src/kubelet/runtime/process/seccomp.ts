/** A filter of system calls for profile `runtime/default`: those that reach beyond a container answer EPERM, unless a capability allows them. */
import type { Launcher } from './kernel/launcher.js'
import { ownArchitecture } from './kernel/run-launcher.js'

/** Numbers on x86-64 and AArch64; null where there is no such call. The calls that Docker's default profile withholds. */
const withheld: Record<string, readonly (readonly [number | null, number | null])[]> = {
  // mount, umount2, pivot_root, swapon, swapoff, setns, unshare, quotactl, lookup_dcookie, fsopen…move_mount, mount_setattr, bpf, perf_event_open
  SYS_ADMIN: [
    [165, 40],
    [166, 39],
    [155, 41],
    [167, 224],
    [168, 225],
    [308, 268],
    [272, 97],
    [179, 60],
    [428, 428],
    [429, 429],
    [430, 430],
    [431, 431],
    [432, 432],
    [433, 433],
    [442, 442],
    [321, 280],
    [298, 241],
  ],
  // init_module, delete_module, finit_module
  SYS_MODULE: [
    [175, 105],
    [176, 106],
    [313, 273],
  ],
  // reboot, kexec_load, kexec_file_load
  SYS_BOOT: [
    [169, 142],
    [246, 104],
    [320, 294],
  ],
  // settimeofday, clock_settime, adjtimex, clock_adjtime
  SYS_TIME: [
    [164, 170],
    [227, 112],
    [159, 171],
    [305, 266],
  ],
  // acct
  SYS_PACCT: [[163, 89]],
  // iopl, ioperm
  SYS_RAWIO: [
    [172, null],
    [173, null],
  ],
  // open_by_handle_at
  DAC_READ_SEARCH: [[304, 265]],
  // add_key, request_key, keyctl, userfaultfd, io_uring_setup, io_uring_enter, io_uring_register: nobody's
  '': [
    [248, 217],
    [249, 218],
    [250, 219],
    [323, 282],
    [425, 425],
    [426, 426],
    [427, 427],
  ],
}

const capabilityBits: Record<string, bigint> = {
  SYS_ADMIN: 1n << 21n,
  SYS_MODULE: 1n << 16n,
  SYS_BOOT: 1n << 22n,
  SYS_TIME: 1n << 25n,
  SYS_PACCT: 1n << 20n,
  SYS_RAWIO: 1n << 17n,
  DAC_READ_SEARCH: 1n << 2n,
}

const auditArchitectures = { x64: 0xc000003e, arm64: 0xc00000b7 }
const allow = 0x7fff0000
const refuse = 0x00050001 // SECCOMP_RET_ERRNO, EPERM
/** Set in the numbers of the x32 interface, which would go around the filter. */
const x32Bit = 0x40000000
const filterMode = 2

/** Classic BPF: load word, jump if equal, jump if greater or equal, return. */
const load = (offset: number) => [0x20, 0, 0, offset] as const
const ifEqual = (value: number, yes: number, no: number) => [0x15, yes, no, value] as const
const ifAtLeast = (value: number, yes: number, no: number) => [0x35, yes, no, value] as const
const ifAnyBit = (bits: number, yes: number, no: number) => [0x45, yes, no, bits] as const
const answer = (value: number) => [0x06, 0, 0, value] as const

/** New namespaces by clone; clone3 hides its flags in memory: whoever uses it falls back to clone when there is no such call. */
const cloneCalls = { x64: 56, arm64: 220, clone3: 435 }
const namespaceBits = 0x7e020000
const noSuchCall = 0x00050000 | 38 // SECCOMP_RET_ERRNO, ENOSYS
const cloneRules = (architecture: 'x64' | 'arm64') => [
  ifEqual(cloneCalls.clone3, 0, 1),
  answer(noSuchCall),
  ifEqual(cloneCalls[architecture], 0, 4),
  load(16),
  ifAnyBit(namespaceBits, 1, 0),
  answer(allow),
  answer(refuse),
]

/** The filter as the kernel takes it. Jumps count the instructions between. */
export function seccompFilter(architecture: 'x64' | 'arm64', capabilities: bigint): Buffer {
  const refused = Object.entries(withheld)
    .filter(([capability]) => !(capabilities & (capabilityBits[capability] ?? 0n)))
    .flatMap(([, numbers]) => numbers.map(pair => pair[architecture === 'x64' ? 0 : 1]))
    .filter(number => number !== null)
  const instructions = [
    load(4),
    ifEqual(auditArchitectures[architecture], 1, 0),
    answer(refuse),
    load(0),
    ...(architecture === 'x64' ? [ifAtLeast(x32Bit, 0, 1), answer(refuse)] : []),
    ...(capabilities & capabilityBits.SYS_ADMIN! ? [] : cloneRules(architecture)),
    ...refused.map((number, i) => ifEqual(number, refused.length - i, 0)),
    answer(allow),
    answer(refuse),
  ]
  const bytes = Buffer.alloc(instructions.length * 8)
  instructions.forEach(([code, yes, no, value], i) => {
    bytes.writeUInt16LE(code, i * 8)
    bytes.writeUInt8(yes, i * 8 + 2)
    bytes.writeUInt8(no, i * 8 + 3)
    bytes.writeUInt32LE(value, i * 8 + 4)
  })
  return bytes
}

const seccompOption = 22

export function addSeccompFilter(launcher: Launcher, capabilities: bigint): void {
  const filter = seccompFilter(ownArchitecture(), capabilities)
  launcher.call('prctl', [seccompOption, filterMode, { filter }, 0, 0], {
    what: 'install the filter of system calls',
  })
}
