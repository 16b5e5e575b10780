import { describe, expect, test } from '@jest/globals'
import { chosenCollector, chosenControllers, controllerNames, isControllerChosen } from './catalogue.js'

describe('choice of controllers', () => {
  test.each([
    { choice: ['*'], chosen: true },
    { choice: [], chosen: false },
    { choice: ['job-controller'], chosen: true },
    { choice: ['deployment-controller'], chosen: false },
    { choice: ['*', '-job-controller'], chosen: false },
    { choice: ['-job-controller', 'job-controller'], chosen: false },
    { choice: ['*', '-deployment-controller'], chosen: true },
  ])('$choice has the job controller: $chosen', ({ choice, chosen }) => {
    expect(isControllerChosen('job-controller', choice)).toBe(chosen)
  })

  test('a name may stand for several', () => {
    const names = (choice: string[]) => chosenControllers(choice, { rootCa: 'ca' }).map(c => c.name)
    expect(names(['job-controller'])).toEqual(['job', 'job_orphan_pod'])
    expect(names(controllerNames.map(name => `-${name}`))).toEqual([])
  })

  test('the garbage collector is chosen like the others', () => {
    expect(chosenCollector(['*'])).toBeDefined()
    expect(chosenCollector(['*', '-garbage-collector-controller'])).toBeUndefined()
  })
})
