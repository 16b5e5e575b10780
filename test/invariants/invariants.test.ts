/** Every rule catches what breaks it, and lets pass what may happen. */
import { describe, expect, test } from '@jest/globals'
import { History } from './cases/case.js'
import { controllerCases } from './cases/controllers.js'
import { placementCases } from './cases/placement.js'
import { podCases } from './cases/pods.js'
import { invariants } from './index.js'

const cases = [...podCases, ...controllerCases, ...placementCases]

describe.each(invariants)('$name: $claim', ({ name }) => {
  const own = cases.filter(({ rule }) => rule === name)
  const atRest = name === 'settled-status'

  test.each(own)('$name', ({ breaks, play }) => {
    const history = new History()
    play(history)
    const found = atRest ? history.observer.atRest() : history.observer.violations
    if (breaks === undefined) expect(found).toEqual([])
    else expect(found).toContain(`${name}: ${breaks}`)
  })

  test('something breaks it', () => {
    expect(own.some(({ breaks }) => breaks !== undefined)).toBe(true)
  })
})
