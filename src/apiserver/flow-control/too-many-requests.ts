/** A request that is turned away because too many are being served: upstream answers it in plain text. */
export class TooManyRequests extends Error {
  /** `retryAfter` in seconds. */
  constructor(readonly retryAfter: number) {
    super('Too many requests, please try again later.')
  }
}
