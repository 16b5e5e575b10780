/** A situation that the user can mend: its message says what is wrong and what to do. Printed without a stack, exit code 1. */
export class UserError extends Error {
  readonly userFacing = true
}
