/** The program of the demo image: a server that greets, and logs who asked. Run by the Node that is in the image. */

export const demoPort = 8080

export const demoServer = `'use strict'
const { createServer } = require('node:http')
const { hostname } = require('node:os')

const port = Number(process.env.PORT || ${demoPort})
const log = text => console.log(new Date().toISOString() + ' ' + text)

const server = createServer((request, response) => {
  log(request.method + ' ' + request.url + ' from ' + request.socket.remoteAddress)
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(request.url === '/healthz' ? 'ok\\n' : (process.env.GREETING || 'Hello') + ' from ' + hostname() + '\\n')
})

server.listen(port, () => log('listening on port ' + server.address().port + ', Node.js ' + process.version))

for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => {
    log(signal + ': stopping')
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
`
