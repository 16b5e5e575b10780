/** What a command of `minik8s` is. */
export interface Command {
  /** One line for the list of commands. */
  summary: string
  /** The text behind `--help`. */
  help: string
  /** Resolves with the exit code. Throws UsageError for wrong input, UserError for a situation the user can mend. */
  run(args: readonly string[]): Promise<number>
}
