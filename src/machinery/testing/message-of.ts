/** The message that a function fails with, for tables of messages in tests. */
export function messageOf(run: () => unknown): string {
  try {
    run()
    return 'no error'
  } catch (error) {
    return (error as Error).message
  }
}
