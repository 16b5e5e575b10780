/** Elapsed times in table cells: `5m10s`, `3h`, `12d`. */
export { ageSince as durationSince, humanDuration } from '../../machinery/duration.js'
