/** Lists of limited length, and lists without repetition, as the kinds of resource.k8s.io check them. */
import { duplicate, type FieldError, tooMany } from '../../machinery/field-error.js'

type Validate<T> = (item: T, path: string) => Iterable<FieldError>

/** Items first, then the length. */
export function* validateList<T>(
  { items = [], max, path }: { items?: readonly T[] | null; max?: number; path: string },
  validate: Validate<T>,
): Generator<FieldError> {
  for (const [i, item] of (items ?? []).entries()) yield* validate(item, `${path}[${i}]`)
  if (max !== undefined && items && items.length > max) yield tooMany(path, items.length, max)
}

/** Told of as `path[i].<field>`, or `path[i]` for lists of texts. */
export interface SetKey<T> {
  of(item: T): string
  field?: string
}

/** A list whose keys differ. */
export function* validateSet<T>(
  list: { items?: readonly T[] | null; max?: number; path: string },
  validate: Validate<T>,
  key: SetKey<T>,
): Generator<FieldError> {
  yield* validateList(list, validate)
  const seen = new Set<string>()
  for (const [i, item] of (list.items ?? []).entries()) {
    const value = key.of(item)
    if (seen.has(value)) yield duplicate(`${list.path}[${i}]${key.field ? `.${key.field}` : ''}`, value)
    seen.add(value)
  }
}

/** The items themselves are the keys. */
export const textKey: SetKey<string> = { of: item => item }
export const nameKey: SetKey<{ name: string }> = { of: ({ name }) => name ?? '', field: 'name' }
