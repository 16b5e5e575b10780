/** Headers that may be sent several times, and keys of extra attributes in their names. */

/** Headers are bytes, which Node hands over one character each; names of users are UTF-8. */
const decodeUtf8 = (value: string) => (/[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString() : value)

/** All values of a header, in order; Node joins HTTP/1.1 repeats unless they are read from the raw list. */
export function headerValues(raw: readonly string[], name: string): string[] {
  const wanted = name.toLowerCase()
  const values: string[] = []
  for (let i = 0; i < raw.length; i += 2) if (raw[i]!.toLowerCase() === wanted) values.push(decodeUtf8(raw[i + 1]!))
  return values
}

/** Keys are percent-encoded; one that is not stands for itself. */
export function decodeExtraKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
