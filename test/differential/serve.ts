/** Our API server as a process. Arguments: directory for keys, port. */
import { startOurServer } from './our-server.js'

const [directory, port] = process.argv.slice(2) as [string, string]
await startOurServer(directory, Number(port))
