/** The formats of texts that custom resources may ask for; upstream knows no others, and skips what it does not know. */
import { isIP, isIPv6 } from 'node:net'
import { parseDuration } from '../duration.js'
import { Findings } from './finding.js'

type Check = (text: string) => boolean

const matches =
  (pattern: RegExp): Check =>
  text =>
    pattern.test(text)

const isIPv4: Check = text => {
  // Leading zeros are taken, as upstream's lenient parser does.
  const parts = text.split('.')
  if (text.includes(':')) return isIP(text) === 6 && text.includes('.')
  return parts.length === 4 && parts.every(part => /^\d{1,}$/.test(part) && Number(part) <= 255)
}

const isCidr: Check = text => {
  const [address = '', bits = '', ...rest] = text.split('/')
  if (rest.length || !/^\d+$/.test(bits)) return false
  if (isIPv6(address)) return Number(bits) <= 128
  return isIPv4(address) && Number(bits) <= 32
}

const hostname =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\p{S}\p{L}-]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u

const isHostname: Check = text =>
  Buffer.byteLength(text) <= 255 && text.split('.').every(part => Buffer.byteLength(part) <= 63) && hostname.test(text)

const digitsOf = (text: string) => text.replace(/[\s-]+/g, '')

const isIsbn10: Check = text => {
  const digits = digitsOf(text)
  if (!/^(?:[0-9]{9}X|[0-9]{10})$/.test(digits)) return false
  const sum = [...digits].reduce((total, c, i) => total + (i + 1) * (c === 'X' ? 10 : Number(c)), 0)
  return sum % 11 === 0
}

const isIsbn13: Check = text => {
  const digits = digitsOf(text)
  if (!/^[0-9]{13}$/.test(digits)) return false
  const sum = [...digits.slice(0, 12)].reduce((total, c, i) => total + (i % 2 ? 3 : 1) * Number(c), 0)
  return Number(digits[12]) === (10 - (sum % 10)) % 10
}

const creditCard =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|(222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11}|6[27][0-9]{14})$/

const isCreditCard: Check = text => {
  const digits = digitsOf(text)
  if (!creditCard.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, c, i) => {
    const doubled = Number(c) * (i % 2 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

const units = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i

const isDuration: Check = text => {
  try {
    parseDuration(text)
    return true
  } catch {
    return [...text.matchAll(/(?<!\d)\d+\s*([A-Za-zµ]+)/g)].some(([, unit = '']) => units.test(unit))
  }
}

const isDate: Check = text => {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined || month < 1 || month > 12) return false
  return day >= 1 && day <= new Date(Date.UTC(year || 4, month, 0)).getUTCDate()
}

const isDateTime: Check = text => {
  const [date = '', time = ''] = text.toLowerCase().split('t')
  const found = /^(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/.exec(time)
  return isDate(date) && !!found && found[1]! <= '23' && found[2]! <= '59' && found[3]! <= '59'
}

const isUri: Check = text => {
  if (/\p{Cc}|%(?![0-9A-Fa-f]{2})/u.test(text.split('?')[0]!)) return false
  if (text.startsWith('/') || text === '*') return true
  return /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.%]*\]|[^\s/?#:[\]<>"{}|\\^`]*)(?::\d*)?(?:[/?].*)?|\/.*)$/s.test(
    text,
  )
}

const address =
  /^(?:[^<>"@,;:\\\s]+(?: +[^<>"@,;:\\\s]+)* *|"(?:[^"\\]|\\.)*" *)?<?(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*|"(?:[^"\\]|\\.)*")@(?:\[[^[\]\\\s]*\]|[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*)>?$/

/** The pattern takes time that grows with the square of the length. */
const maxAddressLength = 1000

const isEmail: Check = text => {
  if (text.length > maxAddressLength) return false
  const trimmed = text.trim()
  return trimmed.includes('<') === trimmed.endsWith('>') && address.test(trimmed)
}

const shortName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

const checks: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: isUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: text => isIPv6(text),
  cidr: isCidr,
  mac: matches(
    /^(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}(?:[0-9A-Fa-f]{2}\1){0,14}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4})?)$/,
  ),
  uuid: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid4: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  uuid5: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  isbn: text => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(
    /^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/,
  ),
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: text => text.length <= 63 && shortName.test(text),
  k8slongname: text => text.length <= 253 && text.split('.').every(part => shortName.test(part)),
}

const normalized = (format: string) => format.replaceAll('-', '')

/** The format as it is written, if it is one that is checked. */
export const knownFormat = (format: string | undefined): string | undefined =>
  format && Object.hasOwn(checks, normalized(format)) ? format : undefined

/** `format` is a known one. */
export function formatFindings(format: string, text: string, path: string): Findings | undefined {
  if (checks[normalized(format)]!(text)) return undefined
  const message = `${path} in body must be of type ${format}: ${JSON.stringify(text)}`
  return new Findings().add({ code: 'type', path, value: text, message })
}
