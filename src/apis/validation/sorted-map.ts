/** Maps as Go prints them inside an error: keys sorted, and null where there is no map. */
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import type { MetaLabelSelector } from '../../machinery/selector/index.js'

type StringMap = Readonly<Record<string, string>>

export const sortedMap = (map: StringMap | undefined): StringMap | null =>
  map ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) : null

/** The map that `holder` has, or was sent empty. */
export const sortedMapIn = (holder: object | undefined, name: string): unknown =>
  holder
    ? (sortedMap((holder as Record<string, StringMap | undefined>)[name]) ?? givenEmpty(holder, name) ?? null)
    : null

/** A label selector with its labels sorted. */
export const sortedSelector = (selector: MetaLabelSelector): MetaLabelSelector =>
  selector.matchLabels ? { ...selector, matchLabels: sortedMap(selector.matchLabels) ?? {} } : selector
