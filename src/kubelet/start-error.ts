/** Why a container cannot start now: the reason and message of its waiting state. */

/** Upstream's reasons. */
export type StartErrorReason =
  | 'CrashLoopBackOff'
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'ImageInspectError'
  | 'ErrImageNeverPull'
  | 'InvalidImageName'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'PostStartHookError'

export class StartError extends Error {
  readonly reason: StartErrorReason
  /** Milliseconds until another try makes sense, where that is known. */
  readonly retryAfterMs: number | undefined
  constructor(reason: StartErrorReason, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'StartError'
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}
