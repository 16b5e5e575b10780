/** Reads what is stored so that all objects whose managers own the same fields share one set: a third of their text, parsed once. */
import { SetTable } from '../machinery/apply/set-text.js'
import { parseExactJson } from '../machinery/json/parse-exact.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { decodeStored, textOf } from './codec.js'

const managers = '"managedFields":['
/** With its quotes and its colon it stands in no string. */
const setField = '"fieldsV1":{'

const quote = 0x22
const backslash = 0x5c
const openingBrace = 0x7b
const closingBrace = 0x7d

/** Position behind the string whose first quote is at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let escapes = 0
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return at + 1
  }
}

/** Position behind the object whose brace is at `start`. */
function endOfObject(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at) - 1
    else if (code === openingBrace) depth++
    else if (code === closingBrace && --depth === 0) return at + 1
  }
  return text.length
}

/** Objects come in series: so many texts are compared before the end of one is looked for. */
const maxRecent = 4

interface FoundSet {
  text: string
  set: ReturnType<SetTable['of']>
}

class SharedSets {
  readonly #table = new SetTable()
  /** Those that were met last, the very last one first. */
  readonly #recent: FoundSet[] = []

  /** The set whose brace is at `begin`. */
  at(text: string, begin: number): FoundSet {
    // An object that is closed cannot go on: what begins like it is it.
    const place = this.#recent.findIndex(known => text.startsWith(known.text, begin))
    if (place === 0) return this.#recent[0]!
    const found = place > 0 ? this.#recent.splice(place, 1)[0]! : this.#look(text, begin)
    this.#recent.unshift(found)
    if (this.#recent.length > maxRecent) this.#recent.pop()
    return found
  }

  #look(text: string, begin: number): FoundSet {
    // A copy, for a part of a text holds on to all of it.
    const own = Buffer.from(text.slice(begin, endOfObject(text, begin))).toString()
    return { text: own, set: this.#table.of(own) }
  }
}

/** Undefined where such fields stand elsewhere, too: then all has to be parsed. */
function parseSharing(text: string, shared: SharedSets): AnyObject | undefined {
  const sets: FoundSet['set'][] = []
  let rest = ''
  let from = 0
  for (let at = text.indexOf(setField); at >= 0; at = text.indexOf(setField, from)) {
    const begin = at + setField.length - 1
    const found = shared.at(text, begin)
    sets.push(found.set)
    rest += `${text.slice(from, begin)}0`
    from = begin + found.text.length
  }
  const object = parseExactJson(rest + text.slice(from)) as AnyObject
  let next = 0
  for (const entry of object.metadata?.managedFields ?? [])
    if ((entry.fieldsV1 as unknown) === 0) entry.fieldsV1 = sets[next++]!
  return next === sets.length ? object : undefined
}

/** As `decodeStored`. Nobody changes managed fields in place. */
export function newStoredReader(): (bytes: Uint8Array) => AnyObject {
  const shared = new SharedSets()
  return bytes => {
    const text = textOf(bytes)
    return (text.includes(managers) && parseSharing(text, shared)) || decodeStored(bytes)
  }
}
