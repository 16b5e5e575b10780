/**
 * Unified diffs of text, line by line, as upstream prints them in errors about immutable fields.
 * The matching is Ratcliff and Obershelp's: the longest run of equal lines, then the same to its left and right.
 * In texts of 200 lines and more, lines that occur very often do not start a run.
 */

interface Match {
  a: number
  b: number
  size: number
}

interface Edit {
  equal: boolean
  a: [start: number, end: number]
  b: [start: number, end: number]
}

const popularityThreshold = 200

/** Lines of `b` to their indices, without the too popular ones. */
function indexLines(b: readonly string[]): Map<string, number[]> {
  const index = new Map<string, number[]>()
  for (const [i, line] of b.entries()) {
    const places = index.get(line)
    if (places) places.push(i)
    else index.set(line, [i])
  }
  if (b.length < popularityThreshold) return index
  const most = Math.floor(b.length / 100) + 1
  for (const [line, places] of index) if (places.length > most) index.delete(line)
  return index
}

class Matcher {
  private readonly index: Map<string, number[]>
  constructor(
    private readonly a: readonly string[],
    private readonly b: readonly string[],
  ) {
    this.index = indexLines(b)
  }

  /** Blocks of equal lines, in order, neighbours joined, the empty block at the end included. */
  blocks(): Match[] {
    const found: Match[] = []
    this.collect([0, this.a.length], [0, this.b.length], found)
    const joined: Match[] = []
    for (const block of found) {
      const last = joined.at(-1)
      if (last && last.a + last.size === block.a && last.b + last.size === block.b) last.size += block.size
      else joined.push({ ...block })
    }
    return [...joined, { a: this.a.length, b: this.b.length, size: 0 }]
  }

  private collect([aStart, aEnd]: [number, number], [bStart, bEnd]: [number, number], found: Match[]): void {
    const match = this.longest([aStart, aEnd], [bStart, bEnd])
    if (!match.size) return
    if (aStart < match.a && bStart < match.b) this.collect([aStart, match.a], [bStart, match.b], found)
    found.push(match)
    const [a, b] = [match.a + match.size, match.b + match.size]
    if (a < aEnd && b < bEnd) this.collect([a, aEnd], [b, bEnd], found)
  }

  private longest([aStart, aEnd]: [number, number], [bStart, bEnd]: [number, number]): Match {
    const best: Match = { a: aStart, b: bStart, size: 0 }
    let lengths = new Map<number, number>()
    for (let i = aStart; i < aEnd; i++) {
      const next = new Map<number, number>()
      for (const j of this.index.get(this.a[i] as string) ?? []) {
        if (j < bStart || j >= bEnd) continue
        const size = (lengths.get(j - 1) ?? 0) + 1
        next.set(j, size)
        if (size > best.size) Object.assign(best, { a: i - size + 1, b: j - size + 1, size })
      }
      lengths = next
    }
    while (best.a > aStart && best.b > bStart && this.a[best.a - 1] === this.b[best.b - 1]) {
      best.a--
      best.b--
      best.size++
    }
    while (best.a + best.size < aEnd && best.b + best.size < bEnd && this.equalAt(best)) best.size++
    return best
  }

  private equalAt({ a, b, size }: Match): boolean {
    return this.a[a + size] === this.b[b + size]
  }
}

function editsOf(blocks: readonly Match[]): Edit[] {
  const edits: Edit[] = []
  let [i, j] = [0, 0]
  for (const { a, b, size } of blocks) {
    if (i < a || j < b) edits.push({ equal: false, a: [i, a], b: [j, b] })
    if (size) edits.push({ equal: true, a: [a, a + size], b: [b, b + size] })
    ;[i, j] = [a + size, b + size]
  }
  return edits
}

const head = ({ a, b }: Edit, n: number): Edit => ({
  equal: true,
  a: [a[0], Math.min(a[1], a[0] + n)],
  b: [b[0], Math.min(b[1], b[0] + n)],
})
const tail = ({ a, b }: Edit, n: number): Edit => ({
  equal: true,
  a: [Math.max(a[0], a[1] - n), a[1]],
  b: [Math.max(b[0], b[1] - n), b[1]],
})

/** Hunks: edits with at most `context` equal lines before and after. */
function hunksOf(edits: Edit[], context: number): Edit[][] {
  const hunks: Edit[][] = []
  let hunk: Edit[] = []
  for (const [i, edit] of edits.entries()) {
    const [first, last] = [i === 0, i === edits.length - 1]
    if (!edit.equal) hunk.push(edit)
    else if (first) hunk.push(tail(edit, context))
    else if (last) hunk.push(head(edit, context))
    else if (edit.a[1] - edit.a[0] > 2 * context) {
      hunks.push([...hunk, head(edit, context)])
      hunk = [tail(edit, context)]
    } else hunk.push(edit)
  }
  if (hunk.some(edit => !edit.equal)) hunks.push(hunk)
  return hunks
}

function rangeOf([start, end]: [number, number]): string {
  const length = end - start
  if (length === 1) return `${start + 1}`
  return `${length ? start + 1 : start},${length}`
}

/** Hunks with three lines of context, each line ended; `''` when the texts are equal. */
export function unifiedDiff(before: string, after: string, context = 3): string {
  if (before === after) return ''
  const [a, b] = [before.split('\n'), after.split('\n')]
  const lines: string[] = []
  for (const hunk of hunksOf(editsOf(new Matcher(a, b).blocks()), context)) {
    const [first, last] = [hunk[0] as Edit, hunk.at(-1) as Edit]
    lines.push(`@@ -${rangeOf([first.a[0], last.a[1]])} +${rangeOf([first.b[0], last.b[1]])} @@`)
    for (const edit of hunk) {
      if (edit.equal) lines.push(...a.slice(...edit.a).map(line => ` ${line}`))
      else lines.push(...a.slice(...edit.a).map(line => `-${line}`), ...b.slice(...edit.b).map(line => `+${line}`))
    }
  }
  return lines.map(line => `${line}\n`).join('')
}
