/** A saved image with a shell, made of Debian's busybox-static, for runtimes that load images from files. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const staticBusybox = '/bin/busybox'

export const busyboxName = 'minik8s-test/busybox:1'

/** As `docker save` writes it. Undefined where there is no busybox. */
export async function makeBusyboxArchive(directory: string): Promise<string | undefined> {
  if (!existsSync(staticBusybox)) return undefined
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const config = { architecture, os: 'linux', config: { Env: ['FROM_IMAGE=yes'], Cmd: ['sh'] } }
  const manifest = [{ Config: 'config.json', RepoTags: [busyboxName], Layers: ['layer.tar'] }]
  const archive = join(directory, 'busybox.tar')
  const script = `
    set -e
    mkdir -p "$1/root/bin" "$1/root/tmp" "$1/root/etc"; cd "$1"
    chmod 1777 root/tmp
    printf 'root:x:0:0:root:/root:/bin/sh\\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\\n' > root/etc/passwd
    cp ${staticBusybox} root/bin/busybox
    for applet in $(${staticBusybox} --list); do [ "$applet" = busybox ] || ln -s busybox "root/bin/$applet"; done
    tar -C root -cf layer.tar .
    printf %s "$2" > config.json; printf %s "$3" > manifest.json
    tar -cf "$4" config.json manifest.json layer.tar
    rm -r root layer.tar config.json manifest.json`
  await run('sh', ['-c', script, 'sh', directory, JSON.stringify(config), JSON.stringify(manifest), archive])
  return archive
}
