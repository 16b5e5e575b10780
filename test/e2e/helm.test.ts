/** Helm with a chart of fourteen kinds: install, upgrade, rollback, test, uninstall, and what goes wrong on the way. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { prepareHelm } from './harness/helm.js'
import { type Result, run } from './harness/run.js'
import { describeWith } from './harness/tool.js'

const chart = join(dirname(fileURLToPath(import.meta.url)), 'fixtures/chart')
const kinds = 'sa,role,rolebinding,cm,secret,deploy,sts,cronjob,svc,ingress,netpol,pdb,hpa'

describeWith('Helm', prepareHelm(), program => {
  const cluster = new TestCluster()
  beforeAll(async () => {
    await cluster.start()
  })
  afterAll(() => cluster[Symbol.asyncDispose]())

  const tryHelm = (...args: string[]): Promise<Result> => {
    const where = ['--kubeconfig', cluster.kubeconfig, '--namespace', 'shop']
    return run(program, [...where, ...args], { env: { HOME: cluster.dataDir }, timeoutMs: 150_000 })
  }
  const helm = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tryHelm(...args)
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`)
    return stdout
  }
  const jsonpath = (path: string, ...args: string[]) =>
    cluster.kubectl('-n', 'shop', 'get', ...args, '-o', `jsonpath=${path}`)
  const names = async () => {
    const found = (await cluster.kubectl('-n', 'shop', 'get', kinds, '-o', 'name')).trim().split('\n')
    return found.filter(name => /\/web/.test(name))
  }

  test('installs, and waits until all is ready', async () => {
    expect(await helm('install', 'web', chart, '--create-namespace', '--wait', '--timeout', '90s')).toMatch(
      /STATUS: deployed\nREVISION: 1\n[\s\S]*hello from revision 1/,
    )
    expect(await names()).toHaveLength(13)
    expect(await jsonpath('{.status.readyReplicas}', 'deploy', 'web')).toBe('2')
    expect(await jsonpath('{.items[*].metadata.name}', 'jobs')).toBe('')
  })

  test('runs the tests of the chart', async () => {
    expect(await helm('test', 'web', '--logs', '--timeout', '60s')).toMatch(
      /Phase: +Succeeded[\s\S]*POD LOGS: web-greets\nhello/,
    )
  })

  test('upgrades, rolls back, keeps history', async () => {
    const changed = ['--set', 'replicas=1,greeting=goodbye', '--wait', '--timeout', '90s']
    expect(await helm('upgrade', 'web', chart, ...changed)).toContain('REVISION: 2')
    expect(await jsonpath('{.data.greeting}', 'cm', 'web')).toBe('goodbye')
    expect((await tryHelm('test', 'web', '--timeout', '60s')).code).not.toBe(0)
    expect(await helm('rollback', 'web', '1', '--wait', '--timeout', '90s')).toContain('Rollback was a success')
    expect(await jsonpath('{.data.greeting}', 'cm', 'web')).toBe('hello')
    expect(await jsonpath('{.spec.replicas}', 'deploy', 'web')).toBe('2')
    const history = JSON.parse(await helm('history', 'web', '-o', 'json')) as { revision: number; status: string }[]
    expect(history.map(h => h.status)).toEqual(['superseded', 'superseded', 'deployed'])
    expect(await helm('get', 'manifest', 'web')).toContain('kind: NetworkPolicy')
    expect(await helm('status', 'web', '--show-resources')).toContain('==> v1/Deployment')
  })

  test('takes an upgrade back that does not get ready', async () => {
    const failed = await tryHelm(
      'upgrade',
      'web',
      chart,
      '--set',
      'image=nobody/nothing:1',
      '--atomic',
      '--timeout',
      '8s',
    )
    expect(failed.code).not.toBe(0)
    expect(failed.stderr).toContain('has been rolled back due to atomic being set')
    expect(await jsonpath('{.spec.template.spec.containers[0].image}', 'deploy', 'web')).toBe('nginx:latest')
  })

  test('says what the server says to a bad manifest', async () => {
    const failed = await tryHelm('upgrade', 'web', chart, '--set', 'replicas=-1')
    expect(failed.stderr).toContain('spec.replicas: Invalid value: -1: must be greater than or equal to 0')
  })

  test('uninstalls everything', async () => {
    expect(await helm('uninstall', 'web', '--wait', '--timeout', '60s')).toContain('release "web" uninstalled')
    expect(await names()).toEqual([])
    expect(await helm('list', '-a', '-q')).toBe('')
  })
})
