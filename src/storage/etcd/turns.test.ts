import { expect, test } from '@jest/globals'
import { Turns } from './turns.js'

test('Turns: works of one key follow each other, failed ones too; those of others do not wait', async () => {
  const turns = new Turns()
  const done: string[] = []
  let letGo = () => {}
  const held = new Promise<void>(resolve => {
    letGo = resolve
  })
  const first = turns.take('a', async () => {
    await held
    done.push('a1')
    throw new Error('failed')
  })
  const second = turns.take('a', async () => done.push('a2'))
  await turns.take('b', async () => done.push('b'))
  letGo()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(done).toEqual(['b', 'a1', 'a2'])
})
