/** Numbers of Linux system calls and of their constants, as far as launchers use them. From the kernel's uapi headers. */

/** x86-64, AArch64. */
export const callNumbers = {
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  rt_sigprocmask: [14, 135],
  ioctl: [16, 29],
  getpid: [39, 172],
  socket: [41, 198],
  sendto: [44, 206],
  recvfrom: [45, 207],
  clone: [56, 220],
  execve: [59, 221],
  wait4: [61, 260],
  kill: [62, 129],
  fcntl: [72, 25],
  chdir: [80, 49],
  fchdir: [81, 50],
  umask: [95, 166],
  setuid: [105, 146],
  setgid: [106, 144],
  setsid: [112, 157],
  setgroups: [116, 159],
  capset: [126, 91],
  pivot_root: [155, 41],
  prctl: [157, 167],
  mount: [165, 40],
  umount2: [166, 39],
  sethostname: [170, 161],
  setxattr: [188, 5],
  clock_gettime: [228, 113],
  exit_group: [231, 94],
  openat: [257, 56],
  mkdirat: [258, 34],
  mknodat: [259, 33],
  unlinkat: [263, 35],
  symlinkat: [266, 36],
  fchmodat: [268, 53],
  unshare: [272, 97],
  dup3: [292, 24],
  setns: [308, 268],
  seccomp: [317, 277],
  open_tree: [428, 428],
  move_mount: [429, 429],
  close_range: [436, 436],
  openat2: [437, 437],
} as const

export type CallName = keyof typeof callNumbers

/** The directory that relative paths start from: the working directory. */
export const atWorkingDirectory = -100

export const openFlags = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  create: 0o100,
  truncate: 0o1000,
  nonBlocking: 0o4000,
  noTerminal: 0o400,
  closeOnExec: 0o2000000,
  /** A place in the tree, neither to read nor to write. */
  path: 0o10000000,
} as const

export const cloneFlags = {
  newMounts: 0x20000,
  newCgroup: 0x2000000,
  newUts: 0x4000000,
  newIpc: 0x8000000,
  newPid: 0x20000000,
  newNetwork: 0x40000000,
  /** The signal that the parent gets: SIGCHLD. */
  childSignal: 17,
} as const

export const mountFlags = {
  readOnly: 1,
  noSetuid: 2,
  noDevices: 4,
  noExec: 8,
  remount: 32,
  bind: 4096,
  recursive: 16384,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
  /** For umount2: at once from the tree, for good when nobody uses it any more. */
  detach: 2,
  /** For umount2. */
  noFollow: 8,
} as const

/** For openat2: how a path may not be resolved. */
export const resolveFlags = { noMagicLinks: 2, noSymlinks: 4, beneath: 8 } as const

/** For unlinkat. */
export const removeDirectory = 0x200

export const treeFlags = {
  clone: 1,
  closeOnExec: 0o2000000,
  recursive: 0x8000,
  emptyPath: 0x1000,
  fromEmptyPath: 4,
} as const

export const processControl = {
  setParentDeathSignal: 1,
  setKeepCapabilities: 8,
  dropBounding: 24,
  setNoNewPrivileges: 38,
} as const

export const terminalControl = {
  setControlling: 0x540e,
  setSize: 0x5414,
  unlock: 0x40045431,
  openPeer: 0x5441,
} as const

export const fileTypes = { regular: 0o100000, fifo: 0o010000, character: 0o020000, block: 0o060000 } as const
