/**
 * Turns the links of an HTML page so that they lead through the proxy, while the page streams by. Only values of attributes
 * that change are touched; upstream prints every start tag anew, which means the same.
 */
import { Transform } from 'node:stream'
import { rawTextElements, type StartTag, scanStartTag, urlAttributes } from './html-tags.js'
import { type RewriteContext, rewriteUrl } from './rewrite-url.js'

/** A tag or comment longer than this is taken for text. */
const maxPending = 1024 * 1024

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

/** Undefined where a reference stands in it that we do not know: then the value stays as it is. */
function decodeReferences(value: string): string | undefined {
  let known = true
  const text = value.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal)
    if (!name && code > 0 && code <= 0x10ffff) return Buffer.from(String.fromCodePoint(code)).toString('latin1')
    const char = characters[name?.toLowerCase()]
    if (!char) known = false
    return char ?? whole
  })
  return known ? text : undefined
}

const encodeReferences = (text: string) => text.replace(/[&<>"']/g, char => escapes[char]!)

/** Only scheme, host and path are looked at: the query stays as it was written. */
function rewriteValue(value: string, context: RewriteContext): string {
  const [, head = '', tail = ''] = /^((?:[^?#&]|&#?)*)(.*)$/s.exec(value)!
  const url = decodeReferences(head)
  if (url === undefined) return value
  try {
    const rewritten = rewriteUrl(url, context)
    return rewritten === url ? value : encodeReferences(rewritten) + tail
  } catch {
    return value
  }
}

function rewriteTag(text: string, start: number, tag: StartTag, context: RewriteContext): string {
  const urls = urlAttributes.get(tag.name)
  let result = ''
  let at = start
  for (const { name, start: from, end, quote } of tag.attributes) {
    if (!urls?.has(name)) continue
    const value = text.slice(from, end)
    const rewritten = rewriteValue(value, context)
    if (rewritten === value) continue
    result += text.slice(at, from) + (quote ? rewritten : `"${rewritten}"`)
    at = end
  }
  return result + text.slice(at, tag.end)
}

/** Rewrites what is complete, and keeps the rest until more comes. Works on byte strings. */
export class HtmlRewriter {
  #pending = ''
  /** The element whose text is being skipped. */
  #rawText = ''
  readonly #context: RewriteContext

  constructor(context: RewriteContext) {
    this.#context = context
  }

  /** What can be sent on now. */
  push(chunk: string): string {
    const text = this.#pending + chunk
    let result = ''
    let at = 0
    while (at < text.length) {
      const next = this.#step(text, at)
      if (!next) break
      result += next.output
      at = next.end
    }
    this.#pending = text.slice(at)
    return this.#pending.length > maxPending ? result + this.end() : result
  }

  /** What is left when no more comes: an unfinished tag goes out as it is. */
  end(): string {
    const rest = this.#pending
    this.#pending = ''
    return rest
  }

  #step(text: string, at: number): { output: string; end: number } | undefined {
    if (this.#rawText) return this.#skipRawText(text, at)
    const open = text.indexOf('<', at)
    if (open !== at) return verbatim(text, at, open < 0 ? text.length : open)
    const char = text[at + 1]
    if (char === undefined) return undefined
    if (/[A-Za-z]/.test(char)) return this.#startTag(text, at)
    if (!/[!?/]/.test(char)) return verbatim(text, at, at + 1)
    const close = text.startsWith('<!--', at) ? '-->' : '>'
    if ('<!--'.startsWith(text.slice(at))) return undefined
    // A comment may be as short as `<!-->`.
    const end = text.indexOf(close, at + 2)
    return end < 0 ? undefined : verbatim(text, at, end + close.length)
  }

  #startTag(text: string, at: number) {
    const tag = scanStartTag(text, at)
    if (!tag) return undefined
    if (rawTextElements.has(tag.name)) this.#rawText = tag.name
    return { output: rewriteTag(text, at, tag, this.#context), end: tag.end }
  }

  #skipRawText(text: string, at: number) {
    const endTag = new RegExp(`</${this.#rawText}[ \\t\\n\\f\\r/>]`, 'gi')
    endTag.lastIndex = at
    const found = this.#rawText === 'plaintext' ? null : endTag.exec(text)
    if (found) {
      this.#rawText = ''
      return verbatim(text, at, found.index)
    }
    // The end tag may have begun.
    const end = Math.max(at, text.length - this.#rawText.length - 2)
    return end > at ? verbatim(text, at, end) : undefined
  }
}

const verbatim = (text: string, start: number, end: number) => ({ output: text.slice(start, end), end })

/** The rewriter as a stream of bytes. */
export function newHtmlTransform(context: RewriteContext): Transform {
  const rewriter = new HtmlRewriter(context)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(rewriter.push(chunk.toString('latin1')), 'latin1'))
    },
    flush(done) {
      done(null, Buffer.from(rewriter.end(), 'latin1'))
    },
  })
}
