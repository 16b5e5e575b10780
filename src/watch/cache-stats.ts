/** What a watch cache holds and has seen; flow control and the metrics ask for it. */

export interface CacheStats {
  objects: number
  /** Of all objects as stored. */
  bytes: number
  /** Changes taken from the store. */
  events: number
  /** Of the newest change. */
  revision: number
  /** Changes that are kept for watches that resume. */
  window: number
}
