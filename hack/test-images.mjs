/**
 * Makes the images that the end-to-end tests and examples name, without pulling: busybox out of Debian's busybox-static and
 * nginx and Redis out of Debian's packages with the libraries they link to. An image of that name that is there already is left alone.
 * Resolves with the names that were made, so that the caller can remove them again.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const sh = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options })

const hasImage = name => {
  try {
    sh('docker', ['image', 'inspect', name])
    return true
  } catch {
    return false
  }
}

/** A root with /bin/busybox and a link for each of its applets. */
function busyboxRoot(dir) {
  for (const d of ['bin', 'tmp', 'etc', 'root', 'var/run']) mkdirSync(join(dir, d), { recursive: true })
  cpSync('/bin/busybox', join(dir, 'bin/busybox'))
  for (const applet of sh('/bin/busybox', ['--list']).trim().split('\n'))
    if (applet !== 'busybox') symlinkSync('busybox', join(dir, 'bin', applet))
  writeFileSync(join(dir, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n')
  writeFileSync(join(dir, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
}

function copyWithLibraries(program, dir) {
  const libraries = [...sh('ldd', [program]).matchAll(/(\/\S+) \(0x/g)].map(m => m[1])
  for (const file of libraries) {
    mkdirSync(join(dir, dirname(file)), { recursive: true })
    cpSync(file, join(dir, file), { dereference: true })
  }
}

/** busybox's root, and in it nginx with a page and a configuration that logs to the container's output. */
function nginxRoot(dir) {
  busyboxRoot(dir)
  const download = mkdtempSync(join(tmpdir(), 'minik8s-nginx-'))
  const fetchPackage = () => sh('apt-get', ['download', '-qq', 'nginx'], { cwd: download })
  try {
    fetchPackage()
  } catch {
    // A new machine has no lists of packages yet.
    sh('apt-get', ['update', '-qq'])
    fetchPackage()
  }
  for (const deb of readdirSync(download)) sh('dpkg-deb', ['-x', join(download, deb), dir])
  rmSync(download, { recursive: true })
  copyWithLibraries(join(dir, 'usr/sbin/nginx'), dir)
  for (const d of ['var/lib/nginx', 'var/log/nginx', 'usr/share/nginx/html', 'etc/nginx', 'run'])
    mkdirSync(join(dir, d), { recursive: true })
  writeFileSync(join(dir, 'usr/share/nginx/html/index.html'), '<h1>Welcome to nginx!</h1>\n')
  writeFileSync(
    join(dir, 'etc/nginx/nginx.conf'),
    'user root;\nworker_processes 1;\ndaemon off;\npid /run/nginx.pid;\nerror_log stderr notice;\nevents {}\nhttp { access_log /dev/stdout; server { listen 80; root /usr/share/nginx/html; } }\n',
  )
}

/** busybox's root, and in it Redis. */
function redisRoot(dir) {
  busyboxRoot(dir)
  const bin = join(dir, 'usr/local/bin')
  mkdirSync(bin, { recursive: true })
  cpSync('/usr/bin/redis-check-rdb', join(bin, 'redis-server'), { dereference: true })
  cpSync('/usr/bin/redis-cli', join(bin, 'redis-cli'))
  for (const program of ['redis-server', 'redis-cli']) copyWithLibraries(join(bin, program), dir)
}

function importImage(fill, names, changes) {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-image-'))
  try {
    fill(dir)
    const args = changes.map(c => `-c '${c}'`).join(' ')
    sh('sh', ['-c', `tar -C ${dir} -c . | docker import ${args} - ${names[0]}`])
    for (const name of names.slice(1)) sh('docker', ['tag', names[0], name])
  } finally {
    rmSync(dir, { recursive: true })
  }
}

export function makeTestImages() {
  const made = []
  const make = (fill, names, changes) => {
    const missing = names.filter(n => !hasImage(n))
    if (!missing.length) return
    importImage(fill, missing, changes)
    made.push(...missing)
  }
  if (!existsSync('/bin/busybox')) throw new Error('busybox-static is missing: `apt-get install busybox-static`')
  const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  make(busyboxRoot, ['busybox:1.36'], [path, 'CMD ["sh"]'])
  make(nginxRoot, ['nginx:latest', 'nginx:1.27'], [path, 'CMD ["nginx"]', 'EXPOSE 80'])
  if (existsSync('/usr/bin/redis-check-rdb')) make(redisRoot, ['redis:latest'], [path, 'CMD ["redis-server"]'])
  return made
}
