/** Turns the layer table (hack/layers.ts) into rules. A module may import its own layer and those the table names. */

import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'

const source = transformSync(readFileSync(new URL('hack/layers.ts', import.meta.url), 'utf8'), {
  loader: 'ts',
  format: 'esm',
}).code
const { layers, packageOwners } = await import(`data:text/javascript,${encodeURIComponent(source)}`)

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only: ${allowed.join(', ') || 'nothing'} (hack/layers.ts)`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: '\\.test\\.ts$|/testing/' },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
}))

const ownerRules = Object.entries(packageOwners).map(([name, owner]) => ({
  name: `owner-${name}`,
  comment: `only ${owner} may import ${name} (hack/layers.ts)`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^${owner}/` },
  to: { path: `(^|/)node_modules/${name}/` },
}))

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'cycles make layers meaningless',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'tests-stay-out',
      comment: 'production code never imports tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$|^test/' },
    },
    ...layerRules,
    ...ownerRules,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
