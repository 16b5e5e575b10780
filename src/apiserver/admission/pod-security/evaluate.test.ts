import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { pod as podKind } from '../../../apis/core-v1/pod.js'
import { loadSchemas } from '../../../apis/generated/schema.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { applyDefaults } from '../../verbs/decode-body.js'
import type { CheckedPod } from './check.js'
import { describeViolations, violations } from './evaluate.js'
import { type Level, parseVersion } from './policy.js'

interface Recorded {
  versions: string[]
  pods: { pod: CheckedPod; violations: [level: Level, first: string, last: string, message: string][] }[]
}

const recorded = JSON.parse(readFileSync('test/golden/pod-security/pods.json', 'utf8')) as Recorded
const { versions } = recorded
const schemas = loadSchemas()

/** As admission sees it: with its defaults, and with the fields that older annotations stand for. */
function asCreated(pod: CheckedPod): CheckedPod {
  const object = pod as unknown as AnyObject
  object.metadata ??= {}
  applyDefaults(schemas, podKind, object)
  podKind.strategy.prepareForCreate?.(object as never, { now: 0, subresource: '', dryRun: false })
  return pod
}

const pods = recorded.pods.map(each => ({ ...each, pod: asCreated(each.pod) }))

/** The recorded answer, empty when the pod may pass. */
function expected(answers: Recorded['pods'][number]['violations'], level: Level, version: string): string {
  const at = versions.indexOf(version)
  const covers = ([of, first, last]: (typeof answers)[number]) =>
    of === level && versions.indexOf(first) <= at && at <= versions.indexOf(last)
  return answers.find(covers)?.[3] ?? ''
}

describe.each(['baseline', 'restricted'] as const)('%s', level => {
  test.each(versions)('%s says what upstream says of every recorded pod', version => {
    const said = pods.map(({ pod }) => describeViolations(violations({ level, version: parseVersion(version)! }, pod)))
    expect(said).toEqual(pods.map(({ violations: answers }) => expected(answers, level, version)))
  })
})

test('the recorded pods break each rule of both levels', () => {
  const reasons = new Set(pods.flatMap(each => each.violations.map(([, , , message]) => message.split(' (')[0])))
  expect(reasons.size).toBeGreaterThan(15)
})

test('a privileged namespace takes any pod', () => {
  const found = pods.flatMap(({ pod }) => violations({ level: 'privileged', version: 0 }, pod))
  expect(found).toEqual([])
})
