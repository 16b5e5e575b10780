/** What stands in a cell that has nothing to show. */

/** The text, or upstream's `<none>`. */
export const orNone = (text: string | undefined): string => text || '<none>'

/** The text, or upstream's `<unset>` for a field that may be absent. */
export const orUnset = (text: string | undefined | null): string => text ?? '<unset>'
