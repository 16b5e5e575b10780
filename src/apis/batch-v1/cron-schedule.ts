/** Cron schedules in robfig/cron's standard form: five fields, or a descriptor such as `@daily` or `@every 90s`. */

/** The minutes, hours and so on at which a schedule fires. A field that was `*` is `any`, which matters for the two day fields. */
export interface CronField {
  values: ReadonlySet<number>
  any: boolean
}

export type CronSchedule =
  | { everySeconds: number }
  | { minute: CronField; hour: CronField; dayOfMonth: CronField; month: CronField; dayOfWeek: CronField }

interface Bounds {
  min: number
  max: number
  names?: readonly string[]
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const minutes: Bounds = { min: 0, max: 59 }
const hours: Bounds = { min: 0, max: 23 }
const daysOfMonth: Bounds = { min: 1, max: 31 }
const months: Bounds = { min: 1, max: 12, names: monthNames }
const daysOfWeek: Bounds = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] }

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Throws an Error whose message is robfig's. A `TZ=` or `CRON_TZ=` prefix is skipped. */
export function parseCronSchedule(text: string): CronSchedule {
  if (!text) throw new Error('empty spec string')
  const spec = text.replace(/^(CRON_)?TZ=\S*\s*/, '')
  if (spec.startsWith('@')) return parseDescriptor(spec)
  return parseFields(spec)
}

function parseFields(spec: string): CronSchedule {
  const fields = spec.split(/\s+/).filter(Boolean)
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [string, string, string, string, string]
  return {
    minute: parseField(minute, minutes),
    hour: parseField(hour, hours),
    dayOfMonth: parseField(dayOfMonth, daysOfMonth),
    month: parseField(month, months),
    dayOfWeek: parseField(dayOfWeek, daysOfWeek),
  }
}

const unitSeconds: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }
const durationPart = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g

function parseDescriptor(descriptor: string): CronSchedule {
  const named = descriptors[descriptor]
  if (named) return parseFields(named)
  if (!descriptor.startsWith('@every ')) throw new Error(`unrecognized descriptor: ${descriptor}`)
  const duration = descriptor.slice('@every '.length)
  const parts = [...duration.replace(/^[+-]/, '').matchAll(durationPart)]
  if (!parts.length || parts.map(p => p[0]).join('') !== duration.replace(/^[+-]/, ''))
    throw new Error(`failed to parse duration ${descriptor}: time: invalid duration ${JSON.stringify(duration)}`)
  const seconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitSeconds[unit!]!, 0)
  // Shorter delays, negative ones too, are rounded up to a second.
  return { everySeconds: Math.max(1, duration.startsWith('-') ? 1 : Math.floor(seconds)) }
}

function parseField(field: string, bounds: Bounds): CronField {
  const values = new Set<number>()
  let any = false
  for (const range of field.split(',').filter(Boolean)) any = addRange(range, bounds, values) || any
  return { values, any }
}

/** Adds what the range means; true when it is a plain `*`. */
function addRange(range: string, bounds: Bounds, values: Set<number>): boolean {
  const [span = '', stepText, ...moreSteps] = range.split('/')
  const [low = '', high, ...moreHyphens] = span.split('-')
  const star = low === '*' || low === '?'
  const start = star ? bounds.min : parseNumberOrName(low, bounds)
  if (!star && moreHyphens.length) throw new Error(`too many hyphens: ${range}`)
  let end = star ? bounds.max : high === undefined ? start : parseNumberOrName(high, bounds)
  if (moreSteps.length) throw new Error(`too many slashes: ${range}`)
  const step = stepText === undefined ? 1 : parseNumber(stepText)
  // `N/step` means `N-max/step`.
  if (stepText !== undefined && high === undefined) end = bounds.max
  if (start < bounds.min) throw new Error(`beginning of range (${start}) below minimum (${bounds.min}): ${range}`)
  if (end > bounds.max) throw new Error(`end of range (${end}) above maximum (${bounds.max}): ${range}`)
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${range}`)
  if (step === 0) throw new Error(`step of range should be a positive number: ${range}`)
  for (let value = start; value <= end; value += step) values.add(value)
  return star && step === 1
}

function parseNumberOrName(text: string, { min, names }: Bounds): number {
  const index = names?.indexOf(text.toLowerCase()) ?? -1
  return index >= 0 ? index + min : parseNumber(text)
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  const number = Number(text)
  if (number < 0) throw new Error(`negative number (${number}) not allowed: ${text}`)
  return number
}
