/** The Age column, the same for every kind. */
export { ageColumn as age } from '../../machinery/table.js'
