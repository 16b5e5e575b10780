/** Protobuf messages put together from parts; small and slow, for documents that are built once. */

export type Part = Buffer | undefined

const encoder = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...encoder(Math.floor(value / 128))]

const tag = (number: number, wire: number) => encoder(number * 8 + wire)

export const message = (...parts: readonly (Part | readonly Part[])[]): Buffer =>
  Buffer.concat(parts.flat().filter((part): part is Buffer => part !== undefined))

/** A message inside another; undefined stays away, an empty one does not. */
export const nested = (number: number, content: Buffer | undefined): Part =>
  content && Buffer.concat([Buffer.from([...tag(number, 2), ...encoder(content.length)]), content])

/** An empty string stays away, as proto3 has it. */
export const text = (number: number, value: unknown): Part =>
  typeof value === 'string' && value !== '' ? nested(number, Buffer.from(value)) : undefined

export const texts = (number: number, values: unknown): Part[] =>
  (Array.isArray(values) ? values : []).map(value => nested(number, Buffer.from(String(value))))

export const flag = (number: number, value: unknown): Part =>
  value === true ? Buffer.from([...tag(number, 0), 1]) : undefined

/** Zero stays away. */
export const count = (number: number, value: unknown): Part =>
  typeof value === 'number' && value > 0 ? Buffer.from([...tag(number, 0), ...encoder(value)]) : undefined

/** Zero stays away. */
export function double(number: number, value: unknown): Part {
  if (typeof value !== 'number' || value === 0) return undefined
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([Buffer.from(tag(number, 1)), bytes])
}
