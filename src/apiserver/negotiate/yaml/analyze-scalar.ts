/** What a text holds, and so in which styles YAML may show it: libyaml's analysis, as Go's yaml.v2 has it. */

export const isBreak = (char: string | undefined): boolean =>
  char === '\n' || char === '\r' || char === '\x85' || char === '\u2028' || char === '\u2029'

const isBlank = (char: string | undefined) => char === ' ' || char === '\t'

/** Characters beyond the basic plane are escaped. */
export function isPrintable(char: string): boolean {
  const code = char.codePointAt(0)!
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true
  return code >= 0xa0 && code <= 0xfffd && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfeff
}

export interface Scalar {
  multiline: boolean
  plainAllowed: boolean
  singleQuotedAllowed: boolean
  blockAllowed: boolean
}

/** Indicators of YAML that a text without quotes must not begin with, or hold. */
function hasIndicators(chars: readonly string[]): boolean {
  const [first = '', second] = chars
  const start = chars.slice(0, 3).join('')
  if (start === '---' || start === '...') return true
  if ('#,[]{}&*!|>\'"%@`'.includes(first)) return true
  const endsWord = (at: number) => at + 1 >= chars.length || isBlank(chars[at + 1])
  if ('?:-'.includes(first) && (second === undefined || isBlank(second))) return true
  for (let i = 1; i < chars.length; i++) {
    if (chars[i] === ':' && endsWord(i)) return true
    if (chars[i] === '#' && (isBlank(chars[i - 1]) || isBreak(chars[i - 1]))) return true
  }
  return false
}

/** `chars`: the text by code points. */
export function analyzeScalar(chars: readonly string[]): Scalar {
  const last = chars.at(-1)
  const multiline = chars.some(isBreak)
  const special = chars.some(char => !isPrintable(char))
  const follows = (before: (char: string | undefined) => boolean, after: (char: string | undefined) => boolean) =>
    chars.some((char, i) => i > 0 && before(chars[i - 1]) && after(char))
  const isSpace = (char: string | undefined) => char === ' '
  const breakSpace = follows(isBreak, isSpace)
  const spaceBreak = follows(isSpace, isBreak)
  const bounded = isSpace(chars[0]) || isBreak(chars[0]) || isSpace(last) || isBreak(last)
  return {
    multiline,
    plainAllowed: !(bounded || breakSpace || spaceBreak || special || multiline || hasIndicators(chars)),
    singleQuotedAllowed: !(breakSpace || spaceBreak || special),
    blockAllowed: !(isSpace(last) || spaceBreak || special),
  }
}
