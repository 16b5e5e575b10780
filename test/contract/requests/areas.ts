/** The conversations that are recorded, by the name of the file of their answers. */
import { bodies } from './cases/bodies.js'
import { lists } from './cases/lists.js'
import { patches } from './cases/patches.js'

/** What waits for time to pass is left to the tests beside the sources: the clock of the server under test stands still. */
const waits = ['a revision to come', 'tokens that are none', 'numbers that are none']

/** Documents that are as large as all the rest. */
const large = 'methods'

export const areas = {
  bodies: bodies.filter(({ name }) => name !== large),
  lists: lists.filter(({ name }) => !waits.includes(name)),
  patches,
}
