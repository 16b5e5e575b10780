/** `kubelet-restart`: the whole process is killed while pods run, come and go, and no container notices. */
import type { SafetyCheck } from '../check.js'
import { playKubeletRestart } from '../kubelet-restart.js'

export const kubeletRestart: SafetyCheck = {
  name: 'kubelet-restart',
  claim: 'container ids stay the same over kills, no orphan is left, nothing is started twice',
  async run({ long, seed, program, say }) {
    if (!program) return ['the built command is needed']
    return [...(await playKubeletRestart({ program, kills: long ? 100 : 5, seed, say }))]
  },
}
