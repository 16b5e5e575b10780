/** Checks of the names that a definition asks for, and of those that were accepted. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isDns1035Label } from '../../machinery/names.js'
import type { CustomResourceDefinitionNames } from '../generated/apiextensions-v1.js'

function* labelErrors(path: string, value: string): Generator<FieldError> {
  const errors = isDns1035Label(value)
  if (errors.length) yield invalid(path, value, errors.join(','))
}

function* kindErrors(path: string, value: string | undefined): Generator<FieldError> {
  const errors = value ? isDns1035Label(value.toLowerCase()) : []
  if (errors.length) yield invalid(path, value, `may have mixed case, but should otherwise match: ${errors.join(',')}`)
}

export function* requiredNames(names: CustomResourceDefinitionNames, path: string): Generator<FieldError> {
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const)
    if (!names[name]) yield required(`${path}.${name}`)
}

export function* nameErrors(names: CustomResourceDefinitionNames, path: string): Generator<FieldError> {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names
  if (plural) yield* labelErrors(`${path}.plural`, plural)
  if (singular) yield* labelErrors(`${path}.singular`, singular)
  yield* kindErrors(`${path}.kind`, kind)
  yield* kindErrors(`${path}.listKind`, listKind)
  for (const [i, name] of shortNames.entries()) yield* labelErrors(`${path}.shortNames[${i}]`, name)
  if (kind && kind === listKind) yield invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same')
  for (const [i, name] of categories.entries()) yield* labelErrors(`${path}.categories[${i}]`, name)
}
