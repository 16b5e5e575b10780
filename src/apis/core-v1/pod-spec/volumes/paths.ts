/** Checks of paths inside volumes and of file modes. */
import { type FieldError, invalid } from '../../../../machinery/field-error.js'

/** No part may be `..`. */
export function* validateNoBacksteps(target: string, path: string): Generator<FieldError> {
  if (target.split('/').includes('..')) yield invalid(path, target, "must not contain '..'")
}

/** Relative, and without `..`. */
export function* validateLocalDescendingPath(target: string, path: string): Generator<FieldError> {
  if (target.startsWith('/')) yield invalid(path, target, 'must be a relative path')
  yield* validateNoBacksteps(target, path)
}

/** The same, and not beginning with `..` either: such names are the volume writer's own. */
export function* validateLocalNonReservedPath(target: string, path: string): Generator<FieldError> {
  yield* validateLocalDescendingPath(target, path)
  if (target.startsWith('..') && !target.startsWith('../')) yield invalid(path, target, "must not start with '..'")
}

const maxFileMode = 0o777

/** An absent mode is valid. */
export function* validateFileMode(mode: number | undefined, path: string): Generator<FieldError> {
  if (mode !== undefined && (mode < 0 || mode > maxFileMode))
    yield invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
}
