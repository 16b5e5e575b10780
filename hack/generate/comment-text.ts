/** Turns a JSDoc comment of the client library back into the description that the OpenAPI document had. */

const entities: Record<string, string> = { '#39': "'", quot: '"', '#x60': '`', '#x3D': '=', lt: '<', gt: '>', amp: '&' }

const decodeEscapes = (text: string) =>
  text
    .replace(/\\(["'\\])/g, '$1')
    .replace(/\*_\//g, '*/')
    .replace(/\/_\*/g, '/*')
    .replace(/\\?&(#39|quot|#x60|#x3D|lt|gt|amp);/g, (_, name: string) => entities[name]!)

/**
 * The library's generator joined lines with spaces: a line break became one space, followed by the next line's indentation.
 * Two spaces are a paragraph's end where a sentence ends before them and something starts after them.
 */
const paragraphs = (text: string) =>
  text.replace(/(?<=\S)( {2,})(?=\S)/g, (spaces, _group, at: number) => {
    if (spaces.length > 2) return `\n${spaces.slice(1)}`
    const starts = /[A-Z*`"\d(-]/.test(text[at + 2]!)
    const ended = !/[a-z,]/.test(text[at - 1]!)
    return starts && ended ? '\n\n' : spaces
  })

/** The next item of a list, after an indented line that ended a sentence. */
const listItems = (text: string) => text.replace(/^( {2,}.*\.) - /gm, '$1\n- ')

/** `comment` is what stands between the markers, with leading asterisks. */
export function commentText(comment: string | undefined): string {
  if (!comment) return ''
  const lines = comment.split('\n').map(line => line.replace(/^\s*\* ?/, '').trimEnd())
  const kept = lines.filter((line, i) => line !== '' || (i > 0 && i < lines.length - 1))
  return listItems(paragraphs(decodeEscapes(kept.join('\n').trim())))
}
