/** Finds the start tags of an HTML text and the places of their attributes. */

/** Attributes that hold URLs, by element: upstream's list. */
export const urlAttributes: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    a: 'href',
    applet: 'codebase',
    area: 'href',
    audio: 'src',
    base: 'href',
    blockquote: 'cite',
    body: 'background',
    button: 'formaction',
    command: 'icon',
    del: 'cite',
    embed: 'src',
    form: 'action',
    frame: 'longdesc src',
    head: 'profile',
    html: 'manifest',
    iframe: 'longdesc src',
    img: 'longdesc src usemap',
    input: 'src usemap formaction',
    ins: 'cite',
    link: 'href',
    object: 'classid codebase data usemap',
    q: 'cite',
    script: 'src',
    source: 'src',
    video: 'poster src',
  }).map(([element, names]) => [element, new Set(names.split(' '))]),
)

/** What follows these is text up to their end tag, whatever it looks like. */
export const rawTextElements: ReadonlySet<string> = new Set([
  'iframe',
  'noembed',
  'noframes',
  'noscript',
  'plaintext',
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
])

export interface Attribute {
  /** Lower case. */
  name: string
  /** Place of the value, without its quotes. */
  start: number
  end: number
  /** `"`, `'` or none. */
  quote: string
}

export interface StartTag {
  /** Lower case. */
  name: string
  attributes: Attribute[]
  /** Behind the `>`. */
  end: number
}

// Not \s, which takes the byte 0xA0 of other characters for a space.
const tagName = /[^ \t\n\f\r/>]+/y
/** Space and slashes, then a name, then perhaps `=` and the place where a value begins. */
const attributeStart = /[ \t\n\f\r/]*([^ \t\n\f\r/>][^ \t\n\f\r/>=]*)([ \t\n\f\r]*=[ \t\n\f\r]*)?/y
const unquotedValue = /[^ \t\n\f\r>]*/y
const tagEnd = /[ \t\n\f\r/]*>/y

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** The start tag whose `<` stands at `at`; undefined when its end is not there yet. */
export function scanStartTag(text: string, at: number): StartTag | undefined {
  const name = match(tagName, text, at + 1)![0]
  const attributes: Attribute[] = []
  let place = at + 1 + name.length
  for (;;) {
    const end = match(tagEnd, text, place)
    if (end) return { name: name.toLowerCase(), attributes, end: place + end[0].length }
    const found = match(attributeStart, text, place)
    if (!found || place + found[0].length >= text.length) return undefined
    place += found[0].length
    if (!found[2]) continue
    const value = scanValue(text, place)
    if (!value) return undefined
    const attribute = found[1]!.toLowerCase()
    if (!attributes.some(known => known.name === attribute)) attributes.push({ name: attribute, ...value })
    place = value.end + value.quote.length
  }
}

function scanValue(text: string, start: number): Omit<Attribute, 'name'> | undefined {
  const quote = text[start]!
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, start + 1)
    return end < 0 ? undefined : { start: start + 1, end, quote }
  }
  const end = start + match(unquotedValue, text, start)![0].length
  return end >= text.length ? undefined : { start, end, quote: '' }
}
