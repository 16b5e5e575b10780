/** Label and field selectors: everything other folders need. */
export * from './field-selector.js'
export type { Labels } from './label-requirement.js'
export * from './label-selector.js'
export * from './validate-label-selector.js'
