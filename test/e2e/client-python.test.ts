/** Python's official client: every verb for kinds of every group, watch, server-side apply, custom objects, dynamic client. The steps are in fixtures/python/client.py. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { preparePython } from './harness/python.js'
import { output } from './harness/run.js'
import { describeWith } from './harness/tool.js'

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures')

describeWith("Python's kubernetes client", preparePython(), python => {
  test('does all its steps', async () => {
    await using cluster = new TestCluster({ runtime: 'sim' })
    await cluster.start()
    const said = await output(python, [
      join(fixtures, 'python/client.py'),
      cluster.kubeconfig,
      join(fixtures, 'kubectl'),
    ])
    const lines = said.trim().split('\n')
    expect(lines.filter(line => !line.startsWith('ok '))).toEqual([])
    expect(lines.length).toBeGreaterThan(60)
  })
})
