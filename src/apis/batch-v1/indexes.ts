/** The compressed form of an Indexed Job's completion indexes, such as `1,3-5,7`. */

type Interval = [first: number, last: number]

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`cannot convert string to integer for index: ${JSON.stringify(text)}`)
  if (Number(text) >= completions) throw new Error(`too large index: ${JSON.stringify(text)}`)
  return Number(text)
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-')
  if (limits.length > 2)
    throw new Error(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    )
  const first = parseIndex(limits[0]!, completions)
  if (limits.length === 1) return [first, first]
  const last = parseIndex(limits[1]!, completions)
  if (first >= last) throw new Error(`non-increasing order, previous: ${first}, current: ${last}`)
  return [first, last]
}

/** How many indexes the text names. Throws an Error with upstream's message when it is malformed. */
export function countIndexes(text: string, completions: number): number {
  if (!text) return 0
  let total = 0
  let previous: number | undefined
  for (const part of text.split(',')) {
    const [first, last] = parseInterval(part, completions)
    if (previous !== undefined && previous >= first)
      throw new Error(`non-increasing order, previous: ${previous}, current: ${first}`)
    total += last - first + 1
    previous = last
  }
  return total
}

function validIntervals(text: string, completions: number): Interval[] {
  return text.split(',').flatMap(part => {
    try {
      return [parseInterval(part, completions)]
    } catch {
      // Reported when the format is checked.
      return []
    }
  })
}

/** The first index that both name, or undefined. */
export function overlappingIndex(a: string, b: string, completions: number): number | undefined {
  if (!a || !b) return undefined
  const others = validIntervals(b, completions)
  for (const [first, last] of validIntervals(a, completions)) {
    const hit = others.find(([otherFirst, otherLast]) => first <= otherLast && otherFirst <= last)
    if (hit) return Math.max(first, hit[0])
  }
  return undefined
}
