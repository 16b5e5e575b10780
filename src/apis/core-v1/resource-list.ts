/** Resource lists, such as `{ cpu: '500m', memory: '1Gi' }`: canonical form and arithmetic. */
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  QuantityFormatError,
  type QuantityInput,
  roundUpQuantity,
} from '../../machinery/quantity.js'

export type ResourceList = Record<string, string>
type ReadonlyResourceList = Readonly<ResourceList> | undefined

/** The form to store. Text that is no quantity stays: decoding has refused it before, and defaulting never fails. */
export function canonicalQuantity(text: string | number): string {
  try {
    return formatQuantity(text)
  } catch (error) {
    if (error instanceof QuantityFormatError) return String(text)
    throw error
  }
}

/** In place: canonical text, rounded up to thousandths as upstream's SetDefaults_ResourceList does. */
export function canonicalResourceList(list: ResourceList | undefined): void {
  for (const name in list) {
    const text = list[name] as string
    try {
      list[name] = formatQuantity(roundUpQuantity(text, -3))
    } catch (error) {
      if (!(error instanceof QuantityFormatError)) throw error
    }
  }
}

/** True for zero in any form. */
export const isZeroQuantity = (quantity: QuantityInput): boolean => compareQuantity(quantity, '0') === 0

/** Adds `more` to `list` in place. */
export function addResources(list: ResourceList, more: ReadonlyResourceList): void {
  for (const name in more) {
    const quantity = more[name] as string
    list[name] = list[name] === undefined ? quantity : formatQuantity(addQuantity(list[name], quantity))
  }
}

/** Raises each entry of `list` in place to that of `other` where the latter is greater. */
export function raiseResources(list: ResourceList, other: ReadonlyResourceList): void {
  for (const name in other) {
    const quantity = other[name] as string
    if (list[name] === undefined || compareQuantity(quantity, list[name]) > 0) list[name] = quantity
  }
}

/** The greatest of each entry. */
export function maxResources(...lists: ReadonlyResourceList[]): ResourceList {
  const result: ResourceList = {}
  for (const list of lists) raiseResources(result, list)
  return result
}
