/** Signals that may stop a container, in the order in which upstream lists them. */

const numbered = (base: string, count: number) => Array.from({ length: count }, (_, i) => `${base}${i + 1}`)

/** Linux knows them all. */
export const linuxStopSignals: readonly string[] = [
  ...'SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE'.split(
    ' ',
  ),
  ...'SIGPOLL SIGPROF SIGPWR SIGQUIT SIGRTMAX SIGRTMIN SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP'.split(' '),
  ...'SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ'.split(' '),
  ...numbered('SIGRTMAX-', 14),
  ...numbered('SIGRTMIN+', 15),
].sort()

export const windowsStopSignals: readonly string[] = ['SIGKILL', 'SIGTERM']
