/** What the programs that set rules have in common: rules as data by owner, of which what changed is loaded, and who hands it to the kernel. */
import { tmpdir } from 'node:os'
import { type RunProgram, runHere } from '../run-program.js'

/** All rules of a cluster as they are wanted, and what of them is loaded already. */
export interface RuleTable<Part> {
  readonly name: string
  /** What the owner wants from now on; nothing without a part. */
  set(owner: string, part?: Part): void
  /** Number of rules as they were loaded last: what is wanted since then does not count. */
  readonly ruleCount: number
  /** Nothing is known of what the kernel has: the next transaction makes everything from scratch. */
  forget(): void
  /** For `PacketFilter.load`; empty when nothing changed. Taken as loaded from here on: whoever fails to load it calls `forget`. */
  transaction(): string
}

/** What the table keeper asks of the kernel. */
export interface PacketFilter {
  /** Loads rules, all or nothing. Rejects with what the program says. */
  load(text: string): Promise<void>
  /**
   * What there is of a table, for comparing: the same text as long as nobody changes its chains. With `whole` false only whether it is there.
   * Undefined when it is not, or not where it has to be.
   */
  read(table: string, whole: boolean): Promise<string | undefined>
  /** Number of rules in a text of `read`. */
  countRules(text: string): number
  /** Takes the table away if it is there. */
  remove(table: string): Promise<void>
}

/** Who runs programs, and where files for them can be put. */
export interface ProgramPlace {
  run: RunProgram
  directory: string
}

/** As this process, on this machine. */
export const here: ProgramPlace = { run: runHere, directory: tmpdir() }
