/**
 * The program that holds the namespaces of a sandbox, assembled here: it holds a sandbox's namespaces, reaps orphaned children when it is
 * process 1, and exits on SIGINT and SIGTERM. A few hundred bytes, static, no libc.
 *
 *     block INT, TERM and CHLD
 *     wait:  signal = rt_sigtimedwait(those three)
 *            CHLD      -> reap:  while wait4(-1, WNOHANG) > 0, then wait
 *            INT, TERM -> exit(0)
 */

const signalMask = (1n << 1n) | (1n << 14n) | (1n << 16n) // bit n-1: INT 2, TERM 15, CHLD 17

const loadAddress = 0x400000
const elfHeaderSize = 64
const programHeaderSize = 56
const headersSize = elfHeaderSize + programHeaderSize

/** Wraps machine code into a static ELF64 executable with one loadable, executable segment. */
function elf(machine: number, code: Buffer): Buffer {
  const file = Buffer.alloc(headersSize + code.length)
  file.write('\x7fELF', 0, 'latin1')
  file.set([2, 1, 1], 4) // 64 bits, little endian, version 1
  file.writeUInt16LE(2, 16) // executable
  file.writeUInt16LE(machine, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(loadAddress + headersSize), 24) // entry
  file.writeBigUInt64LE(BigInt(elfHeaderSize), 32) // program headers
  file.writeUInt16LE(elfHeaderSize, 52)
  file.writeUInt16LE(programHeaderSize, 54)
  file.writeUInt16LE(1, 56)
  file.writeUInt32LE(1, 64) // PT_LOAD
  file.writeUInt32LE(5, 68) // read, execute
  file.writeBigUInt64LE(BigInt(loadAddress), 80)
  file.writeBigUInt64LE(BigInt(loadAddress), 88)
  file.writeBigUInt64LE(BigInt(file.length), 96)
  file.writeBigUInt64LE(BigInt(file.length), 104)
  file.writeBigUInt64LE(0x10000n, 112)
  code.copy(file, headersSize)
  return file
}

/** x86-64: system call number in eax, arguments in rdi, rsi, rdx, r10. Jumps are of one byte, relative to the next instruction. */
function x64Code(): Buffer {
  const code: number[] = []
  const emit = (...bytes: number[]) => code.push(...bytes)
  const jump = (opcode: number, target: number) => emit(opcode, (target - (code.length + 2)) & 0xff)
  const jumpLater = (opcode: number) => {
    emit(opcode, 0)
    const at = code.length
    return () => {
      code[at - 1] = (code.length - at) & 0xff
    }
  }
  const mask = Buffer.alloc(8)
  mask.writeBigUInt64LE(signalMask)
  const [jumpAlways, jumpEqual, jumpGreater] = [0xeb, 0x74, 0x7f]

  emit(0x48, 0xb8, ...mask, 0x50) // mov rax, mask; push rax
  emit(0x31, 0xff, 0x48, 0x89, 0xe6, 0x31, 0xd2) // edi = SIG_BLOCK; rsi = rsp; edx = 0
  emit(0x41, 0xba, 8, 0, 0, 0, 0xb8, 14, 0, 0, 0, 0x0f, 0x05) // r10 = 8; rt_sigprocmask
  const wait = code.length
  emit(0x48, 0x89, 0xe7, 0x31, 0xf6, 0x31, 0xd2) // rdi = rsp; esi = edx = 0
  emit(0x41, 0xba, 8, 0, 0, 0, 0xb8, 128, 0, 0, 0, 0x0f, 0x05) // r10 = 8; rt_sigtimedwait
  emit(0x83, 0xf8, 17) // CHLD?
  const toReap = jumpLater(jumpEqual)
  emit(0x83, 0xf8, 2) // INT?
  const toExitByInt = jumpLater(jumpEqual)
  emit(0x83, 0xf8, 15) // TERM?
  const toExitByTerm = jumpLater(jumpEqual)
  jump(jumpAlways, wait)
  toReap()
  const reap = code.length
  emit(0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff, 0x31, 0xf6) // rdi = -1; esi = 0
  emit(0xba, 1, 0, 0, 0, 0x45, 0x31, 0xd2, 0xb8, 61, 0, 0, 0, 0x0f, 0x05) // edx = WNOHANG; r10 = 0; wait4
  emit(0x85, 0xc0) // test eax, eax
  jump(jumpGreater, reap)
  jump(jumpAlways, wait)
  toExitByInt()
  toExitByTerm()
  emit(0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05) // exit(0)
  return Buffer.from(code)
}

/** AArch64: number in x8, arguments from x0; branches count instructions of four bytes from themselves. */
function arm64Code(): Buffer {
  const code: number[] = []
  const emit = (...words: number[]) => code.push(...words)
  const movz = (register: number, value: number) => (0xd2800000 | (value << 5) | register) >>> 0
  const systemCall = (number: number) => emit(movz(8, number), 0xd4000001)
  const branch = (target: number) => emit((0x14000000 | ((target - code.length) & 0x3ffffff)) >>> 0)
  const branchIf = (condition: number, target: number) =>
    emit((0x54000000 | (((target - code.length) & 0x7ffff) << 5) | condition) >>> 0)
  const compare = (value: number) => emit((0xf100001f | (value << 10)) >>> 0) // cmp x0, #value
  const stackPointerTo = (register: number) => emit((0x910003e0 | register) >>> 0) // mov x<register>, sp
  const [equal, greater] = [0, 12]

  emit(movz(1, Number(signalMask & 0xffffn)), (0xf2a00000 | (Number(signalMask >> 16n) << 5) | 1) >>> 0) // movk x1, high, lsl 16
  emit(0xf81f0fe1) // str x1, [sp, #-16]!
  emit(movz(0, 0))
  stackPointerTo(1)
  emit(movz(2, 0), movz(3, 8))
  systemCall(135) // rt_sigprocmask
  const wait = code.length
  stackPointerTo(0)
  emit(movz(1, 0), movz(2, 0), movz(3, 8))
  systemCall(137) // rt_sigtimedwait
  // Layout from here: 5 instructions of tests, then 9 of reaping, then the exit.
  const tests = code.length
  const reap = tests + 7
  const exit = reap + 9
  compare(17)
  branchIf(equal, reap)
  compare(2)
  branchIf(equal, exit)
  compare(15)
  branchIf(equal, exit)
  branch(wait)
  emit(0x92800000) // mov x0, #-1
  emit(movz(1, 0), movz(2, 1), movz(3, 0))
  systemCall(260) // wait4
  compare(0)
  branchIf(greater, reap)
  branch(wait)
  emit(movz(0, 0))
  systemCall(93) // exit
  const bytes = Buffer.alloc(code.length * 4)
  code.forEach((word, index) => {
    bytes.writeUInt32LE(word, index * 4)
  })
  return bytes
}

/** The executable for a Docker daemon's architecture (`x86_64`, `aarch64`, or Node's names); undefined where we have none. */
export function pauseProgram(architecture: string): Buffer | undefined {
  switch (architecture) {
    case 'x86_64':
    case 'amd64':
    case 'x64':
      return elf(62, x64Code())
    case 'aarch64':
    case 'arm64':
      return elf(183, arm64Code())
    default:
      return undefined
  }
}
