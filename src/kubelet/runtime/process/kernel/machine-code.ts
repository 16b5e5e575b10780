/**
 * The machine code of a launcher: it makes the system calls of a table one after the other. Node cannot mount, enter namespaces or drop
 * privileges; a launcher can, and needs nothing but the kernel. The table holds an entry of twelve 64-bit words for each call:
 *
 *     number, six arguments, entry to go on with after an error, where the result goes, entry to go on with after a positive result, result,
 *     where the result goes too
 *
 * Zero for an entry means the next one, zero for a place means nowhere.
 */

/** Bytes of an entry, and of its parts from its start. */
export const entrySize = 96
export const entryOffsets = {
  number: 0,
  arguments: 8,
  onError: 56,
  resultAt: 64,
  onPositive: 72,
  result: 80,
  alsoAt: 88,
} as const
const stride = entrySize

export type Architecture = 'x64' | 'arm64'

/** Jumps are of one byte, relative to the next instruction; rbx points to the entry. */
function x64Code(table: number): Buffer {
  const code: number[] = []
  const emit = (...bytes: number[]) => code.push(...bytes)
  const jump = (opcode: number, target: number) => emit(opcode, (target - (code.length + 2)) & 0xff)
  const jumpLater = (opcode: number) => {
    emit(opcode, 0)
    const at = code.length
    return (target = code.length) => {
      code[at - 1] = (target - at) & 0xff
    }
  }
  const [always, ifZero, ifNegative] = [0xeb, 0x74, 0x78]
  const address = Buffer.alloc(8)
  address.writeBigUInt64LE(BigInt(table))

  emit(0x48, 0xbb, ...address) // rbx = table
  const loop = code.length
  emit(0x48, 0x8b, 0x03, 0x48, 0x8b, 0x7b, 8, 0x48, 0x8b, 0x73, 16) // rax, rdi, rsi
  emit(0x48, 0x8b, 0x53, 24, 0x4c, 0x8b, 0x53, 32) // rdx, r10
  emit(0x4c, 0x8b, 0x43, 40, 0x4c, 0x8b, 0x4b, 48, 0x0f, 0x05) // r8, r9; syscall
  for (const place of [entryOffsets.resultAt, entryOffsets.alsoAt])
    emit(0x48, 0x8b, 0x4b, place, 0x48, 0x85, 0xc9, 0x74, 3, 0x48, 0x89, 0x01) // rcx = place; if (rcx) *rcx = rax
  emit(0x48, 0x85, 0xc0) // test rax, rax
  const toError = jumpLater(ifNegative)
  const toNext = jumpLater(ifZero)
  emit(0x48, 0x8b, 0x4b, entryOffsets.onPositive)
  const branch = code.length
  emit(0x48, 0x85, 0xc9) // test rcx, rcx
  const toNextToo = jumpLater(ifZero)
  emit(0x48, 0x89, 0xcb) // rbx = rcx
  jump(always, loop)
  toNext()
  toNextToo()
  emit(0x48, 0x83, 0xc3, stride) // rbx += stride
  jump(always, loop)
  toError()
  emit(0x48, 0x8b, 0x4b, entryOffsets.onError)
  jump(always, branch)
  return Buffer.from(code)
}

/** Branches count instructions of four bytes from themselves; x19 points to the entry. */
function arm64Code(table: number): Buffer {
  const code: number[] = []
  const emit = (...words: number[]) => code.push(...words.map(word => word >>> 0))
  const entry = 19
  const load = (register: number, offset: number) => emit(0xf9400000 | ((offset / 8) << 10) | (entry << 5) | register)
  const branchTo = (target: number) => emit(0x14000000 | ((target - code.length) & 0x3ffffff))
  /** Fills in the distance of a conditional branch once its target is reached. */
  const later = (word: number, bits: number) => {
    const at = code.length
    emit(word)
    return () => {
      code[at] = (code[at]! | (((code.length - at) & ((1 << bits) - 1)) << 5)) >>> 0
    }
  }
  const ifZero = (register: number) => later(0xb4000000 | register, 19)
  const ifNegative = () => later(0xb7000000 | (31 << 19), 14) // tbnz x0, #63

  emit(0xd2800000 | ((table & 0xffff) << 5) | entry, 0xf2a00000 | ((table >>> 16) << 5) | entry) // movz, movk
  const loop = code.length
  load(8, 0)
  for (let i = 0; i < 6; i++) load(i, entryOffsets.arguments + 8 * i)
  emit(0xd4000001) // svc 0
  for (const place of [entryOffsets.resultAt, entryOffsets.alsoAt]) {
    load(9, place)
    const nowhere = ifZero(9)
    emit(0xf9000000 | (9 << 5)) // str x0, [x9]
    nowhere()
  }
  const toError = ifNegative()
  const toNext = ifZero(0)
  load(9, entryOffsets.onPositive)
  const branch = code.length
  const toNextToo = ifZero(9)
  emit(0xaa0003e0 | (9 << 16) | entry) // mov x19, x9
  branchTo(loop)
  toNext()
  toNextToo()
  emit(0x91000000 | (stride << 10) | (entry << 5) | entry) // add x19, x19, #stride
  branchTo(loop)
  toError()
  load(9, entryOffsets.onError)
  branchTo(branch)
  const bytes = Buffer.alloc(code.length * 4)
  code.forEach((word, index) => {
    bytes.writeUInt32LE(word, index * 4)
  })
  return bytes
}

const machines: Record<Architecture, number> = { x64: 62, arm64: 183 }
const codeAddress = 0x400000
/** Aligned to any page size that Linux uses on these machines. */
const alignment = 0x10000
/** Where the data of a launcher is in memory; the table comes first. */
export const dataAddress = codeAddress + alignment

function programHeader(file: Buffer, at: number, segment: { flags: number; offset: number; size: number }): void {
  const address = codeAddress + segment.offset
  file.writeUInt32LE(1, at) // PT_LOAD
  file.writeUInt32LE(segment.flags, at + 4)
  file.writeBigUInt64LE(BigInt(segment.offset), at + 8)
  file.writeBigUInt64LE(BigInt(address), at + 16)
  file.writeBigUInt64LE(BigInt(address), at + 24)
  file.writeBigUInt64LE(BigInt(segment.size), at + 32)
  file.writeBigUInt64LE(BigInt(segment.size), at + 40)
  file.writeBigUInt64LE(BigInt(alignment), at + 48)
}

/** A static ELF64 executable; `data` begins with the table and is loaded to `dataAddress`, writable. */
export function launcherFile(architecture: Architecture, data: Buffer): Buffer {
  const code = architecture === 'x64' ? x64Code(dataAddress) : arm64Code(dataAddress)
  const headersSize = 64 + 2 * 56
  const file = Buffer.alloc(alignment + data.length)
  file.write('\x7fELF', 0, 'latin1')
  file.set([2, 1, 1], 4) // 64 bits, little endian, version 1
  file.writeUInt16LE(2, 16) // executable
  file.writeUInt16LE(machines[architecture], 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(codeAddress + headersSize), 24) // entry
  file.writeBigUInt64LE(64n, 32) // program headers
  file.writeUInt16LE(64, 52)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(2, 56)
  programHeader(file, 64, { flags: 5, offset: 0, size: headersSize + code.length })
  programHeader(file, 64 + 56, { flags: 6, offset: alignment, size: data.length })
  code.copy(file, headersSize)
  data.copy(file, alignment)
  return file
}
