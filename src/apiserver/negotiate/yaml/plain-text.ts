/** Which texts YAML 1.1 would read as something else than a text, by the rules of Go's yaml.v2. */

const words = new Set(
  [
    'y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF ~ null Null NULL',
    '.nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF',
  ]
    .join(' ')
    .split(' '),
).add('')

const pointFloat = /^\.\d+(e[-+]?\d+)?$/i
const float = /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i
const integer = /^[-+]?(0|[1-9]\d*|0o?[0-7]+|0b[01]+|0x[\da-f]+)$/i
const base60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/

const date = /^(\d{4})-(\d\d?)-(\d\d?)$/
const time =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d))| (\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?)$/

const isDay = (year: number, month: number, day: number) =>
  month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()

function isTimestamp(text: string): boolean {
  const match = date.exec(text) ?? time.exec(text)
  if (!match) return false
  const [year = 0, month = 0, day = 0, ...rest] = match.slice(1).map(part => Number(part ?? 0))
  const [hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0, ...plain] = rest
  const [plainHour = 0, plainMinute = 0, plainSecond = 0] = plain
  const isClock = (h: number, m: number, s: number) => h < 24 && m < 60 && s < 60
  return (
    isDay(year, month, day) &&
    isClock(hour, minute, second) &&
    isClock(plainHour, plainMinute, plainSecond) &&
    zoneHour <= 24 &&
    zoneMinute < 60
  )
}

/** Beyond the range of floats, and so a text. */
const isFinite64 = (text: string) => Number.isFinite(Number(text))

/** Integers that do not fit into 64 bits are tried as floats: those in decimals are, others are texts. */
function isInteger(text: string): boolean {
  if (!integer.test(text)) return false
  const digits = text.replace(/^[-+]/, '')
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase())
  return value <= (text.startsWith('-') ? 2n ** 63n : 2n ** 64n - 1n)
}

/** Whether the text is read as itself where it stands without quotes. */
export function readsAsText(text: string): boolean {
  if (words.has(text)) return false
  const first = text[0]!
  if (first === '.') return !(pointFloat.test(text) && isFinite64(text))
  if (!/[-+\d]/.test(first)) return true
  if (isTimestamp(text) || base60.test(text)) return false
  const plain = text.replaceAll('_', '')
  return !isInteger(plain) && !(float.test(plain) && isFinite64(plain))
}
