/** Days of UTC as they stand in labels: `2025-01-31`. Pure. */
import { formatTime } from './clock.js'

const pattern = /^\d{4}-\d{2}-\d{2}$/

/** Of a time in milliseconds since the epoch. */
export const dayOf = (milliseconds: number): string => formatTime(milliseconds).slice(0, 10)

/** Milliseconds since the epoch; undefined for what is no day. */
export function parseDay(text: string | undefined): number | undefined {
  const time = text && pattern.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) || dayOf(time) !== text ? undefined : time
}
