/** Runs a program of this machine to its end. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Rejects with `stderr` and `code`, which is the exit code, or ENOENT when there is no such program. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<{ stdout: string; stderr: string }>

const run = promisify(execFile)
/** Ample for the largest tables. */
const maxBuffer = 64 << 20

/** As this process. */
export const runHere: RunProgram = (program, args) => run(program, [...args], { maxBuffer })
