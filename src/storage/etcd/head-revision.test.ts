import { describe, expect, test } from '@jest/globals'
import { HeadRevision } from './head-revision.js'

describe('HeadRevision', () => {
  test('asks anew for who comes after a question was asked, once for all of them', async () => {
    const answers: ((revision: number) => void)[] = []
    const head = new HeadRevision(() => new Promise(resolve => answers.push(resolve)))
    const first = head.read()
    const [second, third] = [head.read(), head.read()]
    expect(answers).toHaveLength(1)
    answers[0]!(5)
    expect(await first).toBe(5)
    await Promise.resolve()
    expect(answers).toHaveLength(2)
    answers[1]!(6)
    expect(await Promise.all([second, third])).toEqual([6, 6])
  })

  test('goes on after a question that failed', async () => {
    let asked = 0
    const head = new HeadRevision(async () => {
      if (++asked === 1) throw new Error('no etcd')
      return asked
    })
    const [first, second] = await Promise.allSettled([head.read(), head.read()])
    expect([first.status, second]).toEqual(['rejected', { status: 'fulfilled', value: 2 }])
  })
})
