/** What the error stream of exec and attach says when the command is done. */

/** metav1.Status, as Go prints it there: without kind, version and what is empty. */
export interface ExecStatus {
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: { causes: { reason?: string; message: string }[] }
  code?: number
}

export const execSuccess: ExecStatus = { metadata: {}, status: 'Success' }

/** The command ran and ended with that code. */
export function execExit(code: number, command: readonly string[]): ExecStatus {
  if (code === 0) return execSuccess
  const why = `error executing command [${command.join(' ')}], exit code ${code}`
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${why}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

/** The command could not be run, or its container not be attached to. */
export function execFailure(doing: string, error: unknown): ExecStatus {
  const message = `${doing}: ${error instanceof Error ? error.message : String(error)}`
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  }
}

/** JSON from version 4 of the protocol on; before it, the bare message of a failure. */
export function formatExecStatus(status: ExecStatus, asJson: boolean): string {
  if (asJson) return JSON.stringify(status)
  return status.status === 'Success' ? '' : (status.message ?? '')
}
