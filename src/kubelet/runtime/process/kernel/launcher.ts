/**
 * Describes a sequence of system calls and makes a launcher of it, an executable file. Worked example: a process of its own process namespace
 *
 *     const launcher = new Launcher()
 *     const parent = launcher.label()
 *     const child = launcher.call('clone', [cloneFlags.newPid | cloneFlags.childSignal], { onPositive: parent })
 *     launcher.call('execve', ['/bin/true', ['true'], []])
 *     launcher.place(parent)
 *     launcher.call('wait4', [child, launcher.space(8), 0])
 */
import { constants } from 'node:os'
import { type Architecture, dataAddress, entryOffsets, entrySize, launcherFile } from './machine-code.js'
import { type CallName, callNumbers } from './system-calls.js'

/** What a call returned, to be an argument of at most two later calls. */
export interface CallResult {
  readonly index: number
}

/** An entry to go on with. */
export interface Label {
  index?: number
}

/** Room in memory, by its distance from the first byte of all room. */
export interface Space {
  readonly at: number
  readonly size: number
}

/** The address of where a result is kept. */
export interface ResultPointer {
  readonly pointsTo: CallResult
}

/** The address of a count of eight-byte instructions and their address: struct sock_fprog. */
export interface FilterProgram {
  readonly filter: Uint8Array
}

/** Numbers, strings (with a NUL), bytes, lists of strings (as argv), filters, and pointers to room or to a result; or a result itself. */
export type Argument = Constant | CallResult | ResultPointer

type Constant = number | bigint | string | Uint8Array | readonly string[] | FilterProgram | Space

export interface CallOptions {
  /** Says what fails, for the message. */
  what?: string
  /** After an error: go on as if nothing was, or there; default: report it and end. */
  onError?: 'ignore' | Label
  onPositive?: Label
}

interface Step {
  name: CallName
  args: readonly Argument[]
  options: CallOptions
}

/** What went wrong in a launcher, or in the calls that it may ignore. */
export interface CallFailure {
  what: string
  /** Such as `ENOENT`. */
  code: string
}

const isResult = (argument: Argument): argument is CallResult => typeof argument === 'object' && 'index' in argument
const isPointer = (argument: Argument): argument is ResultPointer =>
  typeof argument === 'object' && 'pointsTo' in argument
const isSpace = (argument: Constant): argument is Space =>
  typeof argument === 'object' && 'size' in argument && 'at' in argument
/** Lists have a method of that name. */
const isFilter = (argument: Constant): argument is FilterProgram =>
  typeof argument === 'object' && Object.hasOwn(argument, 'filter')
const errorNames = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))
const align = (size: number) => (size + 7) & ~7

/** File descriptor on which a launcher tells why it failed: the whole table, with the results so far. */
export const reportFd = 3
const failureExitCode = 127

export class Launcher {
  readonly #steps: Step[] = []
  readonly #fail: Label = {}
  #room = 0
  #complete = false

  call(name: CallName, args: readonly Argument[] = [], options: CallOptions = {}): CallResult {
    this.#steps.push({ name, args, options })
    return { index: this.#steps.length - 1 }
  }

  label(): Label {
    return {}
  }

  /** The next call is where the label leads. */
  place(label: Label): void {
    label.index = this.#steps.length
  }

  goto(label: Label): void {
    this.call('getpid', [], { onPositive: label })
  }

  /** Ends with a report: for when none of several ways worked. */
  fail(): void {
    this.goto(this.#fail)
  }

  /** Zeroed memory. */
  space(size: number): Space {
    const at = this.#room
    this.#room += align(size)
    return { at, size }
  }

  /** Gives an open file that descriptor instead of its own. */
  move(from: CallResult, to: number, flags: number): void {
    this.call('dup3', [from, to, flags])
    this.call('close', [from])
  }

  #close(): void {
    if (this.#complete) return
    this.#complete = true
    this.call('exit_group', [0])
    this.place(this.#fail)
    this.call('write', [reportFd, { at: Number.NaN, size: 0 }, (this.#steps.length + 2) * entrySize], {
      onError: 'ignore',
    })
    this.call('exit_group', [failureExitCode])
  }

  /** The executable. Throws when a label was never placed, or a result is used too often. */
  file(architecture: Architecture): Buffer {
    this.#close()
    const tableSize = this.#steps.length * entrySize
    const data = new LauncherData(tableSize + this.#room)
    const table = Buffer.alloc(tableSize)
    const resultAt = this.#placesOfResults()
    const target = (label: Label | undefined) => {
      if (!label) return 0n
      if (label.index === undefined) throw new Error('a label leads nowhere')
      return BigInt(dataAddress + label.index * entrySize)
    }
    this.#steps.forEach(({ name, args, options }, i) => {
      const entry = i * entrySize
      table.writeBigUInt64LE(BigInt(callNumbers[name][architecture === 'x64' ? 0 : 1]), entry)
      args.forEach((argument, n) => {
        const at = entry + entryOffsets.arguments + 8 * n
        if (isResult(argument)) return
        const value = isPointer(argument)
          ? BigInt(resultAt[argument.pointsTo.index]![0]!)
          : this.#value(argument, data, tableSize)
        table.writeBigInt64LE(value, at)
      })
      const { onError = this.#fail, onPositive } = options
      table.writeBigUInt64LE(onError === 'ignore' ? 0n : target(onError), entry + entryOffsets.onError)
      table.writeBigUInt64LE(target(onPositive), entry + entryOffsets.onPositive)
    })
    resultAt.forEach(([first = 0, second = 0], i) => {
      table.writeBigUInt64LE(BigInt(first), i * entrySize + entryOffsets.resultAt)
      table.writeBigUInt64LE(BigInt(second), i * entrySize + entryOffsets.alsoAt)
    })
    return launcherFile(architecture, Buffer.concat([table, Buffer.alloc(this.#room), data.bytes()]))
  }

  /** Where each is an argument, or else in its own entry. */
  #placesOfResults(): number[][] {
    const places: number[][] = this.#steps.map(() => [])
    this.#steps.forEach(({ args }, i) => {
      args.forEach((argument, n) => {
        if (isResult(argument))
          places[argument.index]!.push(dataAddress + i * entrySize + entryOffsets.arguments + 8 * n)
      })
    })
    places.forEach((of, i) => {
      if (of.length > 2) throw new Error(`the result of call ${i} is used more than twice`)
      if (of.length === 0) of.push(dataAddress + i * entrySize + entryOffsets.result)
    })
    return places
  }

  #value(argument: Constant, data: LauncherData, tableSize: number): bigint {
    if (typeof argument === 'number' || typeof argument === 'bigint') return BigInt(argument)
    if (typeof argument === 'string') return data.text(argument)
    if (argument instanceof Uint8Array) return data.add(argument)
    if (isFilter(argument)) return data.filter(argument.filter)
    if (isSpace(argument)) return BigInt(dataAddress + (Number.isNaN(argument.at) ? 0 : tableSize + argument.at))
    return data.list(argument)
  }

  /** The call that made the launcher give up, out of its report; calls whose errors it ignores are left out unless `all`. */
  failures(report: Buffer, all = false): CallFailure[] {
    return this.#steps.flatMap(({ name, options }, i) => {
      const at = i * entrySize
      if (at + entrySize > report.length || (options.onError && !all)) return []
      const place = Number(report.readBigUInt64LE(at + entryOffsets.resultAt)) - dataAddress
      const result = Number(report.readBigInt64LE(place))
      if (result >= 0 || result < -4095) return []
      return [{ what: options.what ?? name, code: errorNames.get(-result) ?? `errno ${-result}` }]
    })
  }
}

/** What arguments point to, behind the table. */
class LauncherData {
  readonly #parts: Buffer[] = []
  #size: number

  constructor(from: number) {
    this.#size = from
  }

  add(bytes: Uint8Array): bigint {
    const address = dataAddress + this.#size
    const padded = Buffer.alloc(align(Math.max(bytes.length, 1)))
    padded.set(bytes)
    this.#parts.push(padded)
    this.#size += padded.length
    return BigInt(address)
  }

  text(text: string): bigint {
    return this.add(Buffer.from(`${text}\0`))
  }

  filter(instructions: Uint8Array): bigint {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt16LE(instructions.length / 8)
    bytes.writeBigUInt64LE(this.add(instructions), 8)
    return this.add(bytes)
  }

  list(texts: readonly string[]): bigint {
    const addresses = texts.map(text => this.text(text))
    const bytes = Buffer.alloc((addresses.length + 1) * 8)
    addresses.forEach((address, i) => {
      bytes.writeBigUInt64LE(address, i * 8)
    })
    return this.add(bytes)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
