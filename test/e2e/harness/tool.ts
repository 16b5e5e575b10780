/** A program that tests use where it is, or can be got. */
import { describe } from '@jest/globals'

export type Tool = { program: string; missing?: never } | { program?: never; missing: string }

/** A suite that needs the tool: without it, its tests are skipped, and its name says why. */
export function describeWith(name: string, tool: Tool, tests: (program: string) => void): void {
  if (tool.missing !== undefined) describe.skip(`${name} (skipped: ${tool.missing})`, () => tests(''))
  else describe(name, () => tests(tool.program))
}
