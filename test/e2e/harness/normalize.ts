/** Makes the same of what must differ from run to run: ages, random names, addresses, the order of maps, how often a client complains. */
import { networkInterfaces } from 'node:os'

export interface Place {
  directory: string
  /** The server's. */
  port: string
}

/** In order. Widths of columns go, as ages set them. */
const replacements: [RegExp, string][] = [
  [/https:\/\/<host>:<port>/g, '<server>'],
  [/\+minik8s\b/g, ''],
  [/("?(?:gitCommit|goVersion|compiler)"?: *)"[^"]*"/gi, '$1"<build>"'],
  // What the script asks for is among the first 256 addresses and 86 ports, where services that ask for none get theirs last.
  [/\b10\.(96\.(?!0\.)\d+\.\d+|97\.0\.(?!9\b)\d+)(?![\d./])/g, '<address>'],
  [/:(?!300[0-8])3\d{4}(?=\/TCP)/g, ':<node-port>'],
  [/(Resource Version: +)\d+/g, '$1<revision>'],
  [/\b[EIW]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ([\w.]+):\d+\]/g, '$1]'],
  // How often the client says that a group is not there hangs on the age of its caches.
  [/^! memcache\.go\] .*\n/gm, ''],
  [/kubectl(\.1\.\d+)?-edit-\d+/g, 'kubectl-edit-<random>'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uid>'],
  [/(resourceVersion\\?"?: *\\?)"\d+\\?"/g, '$1"<revision>"'],
  [/\b20(?!24-05-01)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g, '<time>'],
  [/\b20(?!24-05-01)\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000( UTC)?/g, '<time>'],
  [/\b(LIVE|MERGED)-\d+/g, '$1-<random>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, '<time>'],
  [/(kube-api-access|debugger|node-debugger-node-b|manual)-\w{5}\b/g, '$1-<random>'],
  [/(?<=^|[ (])(?<!\b(cpu|for|memory): *|\bfor )\d+[smhdy](\d+[smhd])?(?= |$|\))/gm, '<age>'],
  [/(?<=\S) {2,}/g, '  '],
  [/ +$/gm, ''],
]

/** `describe` shows the data of a ConfigMap or Secret in the order of a Go map, which is any; old versions end only the last with an empty line. */
function sortData(text: string): string {
  const configMap = /(?<=^Data\n====\n)(?=\S+:\n----\n)[\s\S]*?(?=^BinaryData\n====\n)/gm
  const secret = /(?<=^Data\n====\n)(?:^\S+: +\d+ bytes\n)+/gm
  const sorted = (entries: string[], end: string) => entries.map(entry => entry.trimEnd() + end).sort()
  return text
    .replace(configMap, data => sorted(data.split(/^(?=\S+:\n----\n)/m), '\n\n').join(''))
    .replace(secret, data => sorted(data.split(/(?<=\n)/), '\n').join(''))
}

const hosts = new Set(Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({ address }) => address)))

/** Once its result is compared with that of another run, a difference is one of behaviour. */
export function normalize(text: string, { directory, port }: Place): string {
  let result = text.replaceAll(directory, '$DIR').replace(new RegExp(`\\b${port}\\b`, 'g'), '<port>')
  for (const host of hosts) result = result.replaceAll(`${host}:<port>`, '<host>:<port>')
  for (const [pattern, replacement] of replacements) result = result.replace(pattern, replacement)
  return sortData(result)
}
