/**
 * A set of field paths, as managed fields write it down (FieldsV1): a tree whose keys are path elements.
 *
 * `{"f:spec":{"f:replicas":{},"f:template":{".":{},"f:spec":{}}}}` holds three paths: `.spec.replicas`, `.spec.template` and
 * `.spec.template.spec`. A node without keys is a member itself; one with keys is a member where `.` is among them. Sets are never
 * changed: operations share what they can, and return an argument itself when it is the result.
 */
import { compareElements, type PathElement } from './path-element.js'

export interface FieldSet {
  readonly [element: PathElement]: FieldSet
}

/** A path that ends here; also the set of nothing. */
export const leaf: FieldSet = Object.freeze({})

export const self = '.'

/** A set without any path. */
export function isEmpty(set: FieldSet | undefined): boolean {
  for (const _ in set) return false
  return true
}

/** How many children a node has, itself included where it is a member that has some. */
export function sizeOf(node: FieldSet): number {
  let size = 0
  for (const _ in node) size++
  return size
}

const isMember = (node: FieldSet): boolean => isEmpty(node) || Object.hasOwn(node, self)

const childrenOf = (node: FieldSet): PathElement[] => {
  const keys = Object.keys(node)
  return keys[0] === self ? keys.slice(1) : keys
}

/** Collects the children of one node in any order. */
export class FieldSetBuilder {
  readonly #entries: [PathElement, FieldSet][] = []
  #isMember = false

  addSelf(): void {
    this.#isMember = true
  }

  /** Undefined adds nothing. */
  add(element: PathElement, node: FieldSet | undefined): void {
    if (node) this.#entries.push([element, node])
  }

  /** Undefined when nothing was added: the path is no member, nor is any below it. */
  build(): FieldSet | undefined {
    const entries = this.#entries
    if (!entries.length) return this.#isMember ? leaf : undefined
    for (let i = 1; i < entries.length; i++)
      if (compareElements(entries[i - 1]![0], entries[i]![0]) > 0) {
        entries.sort(([a], [b]) => compareElements(a, b))
        break
      }
    const node: Record<PathElement, FieldSet> = {}
    if (this.#isMember) node[self] = leaf
    for (const [element, child] of entries) node[element] = child
    return node
  }
}

/** A node that is a member or not, with these children. */
function nodeOf(member: boolean, children: Record<PathElement, FieldSet>): FieldSet | undefined {
  if (isEmpty(children)) return member ? leaf : undefined
  return member ? { [self]: leaf, ...children } : children
}

/** Two children under one element, both present. */
type Merge = (a: FieldSet, b: FieldSet) => FieldSet | undefined

/** Children of `a`, each merged with its twin in `b`; those without one stay when `keepsLone`. */
function mergeChildren(a: FieldSet, b: FieldSet, merge: Merge, keepsLone: boolean) {
  const children: Record<PathElement, FieldSet> = {}
  let changed = false
  for (const element of childrenOf(a)) {
    const left = a[element]!
    const right = Object.hasOwn(b, element) ? b[element] : undefined
    const child = right ? merge(left, right) : keepsLone ? left : undefined
    if (child) children[element] = child
    if (child !== left) changed = true
  }
  return { children, changed }
}

function differenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const member = isMember(a) && !isMember(b)
  const { children, changed } = mergeChildren(a, b, differenceOfNodes, true)
  return changed || member !== isMember(a) ? nodeOf(member, children) : a
}

/** Paths of `a` that are not in `b`. A path stays though one above it is in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const { children, changed } = mergeChildren(a, b, differenceOfNodes, true)
  return changed ? children : a
}

function recursiveDifferenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isMember(b)) return undefined
  const { children, changed } = mergeChildren(a, b, recursiveDifferenceOfNodes, true)
  return changed ? nodeOf(isMember(a), children) : a
}

/** As `difference`, and with a path goes everything below it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const { children, changed } = mergeChildren(a, b, recursiveDifferenceOfNodes, true)
  return changed ? children : a
}

function intersectionOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const member = isMember(a) && isMember(b)
  const { children, changed } = mergeChildren(a, b, intersectionOfNodes, false)
  return changed || member !== isMember(a) ? nodeOf(member, children) : a
}

/** Paths that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const { children, changed } = mergeChildren(a, b, intersectionOfNodes, false)
  return changed ? children : a
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  const member = isMember(a) || isMember(b)
  const children = unionOfChildren(a, b)
  return children === a && member === isMember(a) ? a : nodeOf(member, children === a ? withoutSelf(a) : children)!
}

function withoutSelf(node: FieldSet): Record<PathElement, FieldSet> {
  const { [self]: _self, ...children } = node
  return children
}

/** `a` itself when `b` adds nothing. */
function unionOfChildren(a: FieldSet, b: FieldSet): Record<PathElement, FieldSet> {
  const { children, changed } = mergeChildren(a, b, unionOfNodes, true)
  const added = childrenOf(b).filter(element => !Object.hasOwn(a, element))
  if (!added.length) return changed ? children : (a as Record<PathElement, FieldSet>)
  for (const element of added) children[element] = b[element]!
  const sorted: Record<PathElement, FieldSet> = {}
  for (const element of Object.keys(children).sort(compareElements)) sorted[element] = children[element]!
  return sorted
}

/** Paths that are in either. */
export const union = (a: FieldSet, b: FieldSet): FieldSet => (isEmpty(a) ? b : isEmpty(b) ? a : unionOfChildren(a, b))

/** Whether the path itself is in the set. */
export function hasPath(set: FieldSet, path: readonly PathElement[]): boolean {
  let node = set
  for (const element of path) {
    if (!Object.hasOwn(node, element)) return false
    node = node[element]!
  }
  return path.length > 0 && isMember(node)
}

/** The child is a member. */
export const hasElement = (set: FieldSet, element: PathElement): boolean =>
  Object.hasOwn(set, element) && isMember(set[element]!)

/** Paths below the element; empty when there are none. */
export function below(set: FieldSet, element: PathElement): FieldSet {
  if (!Object.hasOwn(set, element)) return leaf
  const node = set[element]!
  return Object.hasOwn(node, self) ? withoutSelf(node) : node
}

/** Adds the path that the builder's node stands for. */
export function withSelf(children: FieldSet): FieldSet {
  return isMember(children) ? children : { [self]: leaf, ...children }
}

/** The set of these paths, given in any order. */
export function setOfPaths(paths: readonly (readonly PathElement[])[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), leaf),
      ),
    leaf,
  )
}

/** All paths: those that end at a node before those below it, as upstream lists them. */
export function* pathsOf(set: FieldSet, prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
  const elements = childrenOf(set)
  for (const element of elements) if (isMember(set[element]!)) yield [...prefix, element]
  for (const element of elements) yield* pathsOf(set[element]!, [...prefix, element])
}

/** Whether all paths of `b` are in `a`. */
export function containsSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  for (const element in b) {
    if (element === self) continue
    const node = Object.hasOwn(a, element) ? a[element]! : undefined
    const inner = b[element]!
    if (!node || (isMember(inner) && !isMember(node)) || !containsSet(node, inner)) return false
  }
  return true
}

/** Whether both hold the same paths. */
export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  const elements = Object.keys(a)
  if (elements.length !== Object.keys(b).length) return false
  return elements.every(element => Object.hasOwn(b, element) && sameSet(a[element]!, b[element]!))
}
