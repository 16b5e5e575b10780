/** Every benchmark that runs beside the stock server. */
import type { Benchmark, LifeBenchmark, Title } from '../bench.js'
import { deleteCollection } from './deletions.js'
import { idle, memory, memoryFull, startFull } from './life.js'
import { list, page, select, selectNode, table, watchInit } from './lists.js'
import { create, get } from './objects.js'
import { apply, patch } from './patches.js'
import { watch } from './watch.js'

export const startTitle: Title = {
  name: 'start',
  unit: 'start',
  goal: 0.15,
  judged: 'wall',
  limit: 'Node itself 65 ms',
}

export const lifeBenchmarks: readonly LifeBenchmark[] = [startFull, memory, memoryFull, idle]

export const benchmarks: readonly Benchmark[] = [
  create,
  get,
  list,
  page,
  table,
  select,
  selectNode,
  patch,
  apply,
  watch,
  watchInit,
  deleteCollection,
]
