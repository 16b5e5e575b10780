/** Structured logs. Levels: error, warn, info, debug, trace. Never log secrets, tokens or request bodies. */
import { pino } from 'pino'

export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
  /** Whether such lines are written: for those that cost something to make. */
  isLevelEnabled(level: 'debug'): boolean
  /** A logger that adds these fields to every line. */
  child(fields: object): Logger
}

/** `level` is one of pino's; `silent` for tests. Lines are JSON on stderr. */
export function newLogger(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

/** Drops everything. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  isLevelEnabled: () => false,
  child: () => silentLogger,
}
