/** How far, and how fast, a recommendation may move the number of replicas: upstream's normalization. Pure but for the history. */
import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '../../apis/generated/autoscaling-v2.js'

interface Recommendation {
  replicas: number
  /** Milliseconds since the epoch. */
  at: number
}

/** What was recommended and done lately about one autoscaler. */
export interface History {
  recommendations: Recommendation[]
  ups: { change: number; at: number }[]
  downs: { change: number; at: number }[]
}

export const newHistory = (current: number, now: number): History => ({
  recommendations: [{ replicas: current, at: now }],
  ups: [],
  downs: [],
})

/** Reason and message of a condition. */
export interface Note {
  reason: string
  message: string
}

export interface Normalized {
  replicas: number
  /** Of AbleToScale. */
  able: Note
  /** Of ScalingLimited, which is true when `limited`. */
  limit: Note
  limited: boolean
}

export interface Wish {
  current: number
  desired: number
  min: number
  max: number
  now: number
  /** Milliseconds that a high recommendation keeps replicas from going. */
  downWindow: number
}

const ready: Note = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const upStabilized: Note = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const downStabilized: Note = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const within: Note = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
}
const tooMany: Note = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const tooFew: Note = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
}
const upLimit: Note = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const downLimit: Note = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** Without rules at most twice as many, but four in any case. */
const unruledUpLimit = (current: number): number => Math.max(2 * current, 4)

/** Forgets what no window reaches any more. */
function remember(history: History, replicas: number, { now, keep }: { now: number; keep: number }): void {
  history.recommendations = history.recommendations.filter(({ at }) => at >= now - keep)
  history.recommendations.push({ replicas, at: now })
}

function normalizeUnruled(history: History, wish: Wish): Normalized {
  const { current, desired, min, max, now, downWindow } = wish
  const recent = history.recommendations.filter(({ at }) => at >= now - downWindow)
  const stabilized = Math.max(desired, ...recent.map(({ replicas }) => replicas))
  remember(history, desired, { now, keep: downWindow })
  const able = stabilized === desired ? ready : downStabilized
  const [ceiling, note] = max > unruledUpLimit(current) ? [unruledUpLimit(current), upLimit] : [max, tooMany]
  if (stabilized < min) return { replicas: min, able, limit: tooFew, limited: true }
  if (stabilized > ceiling) return { replicas: ceiling, able, limit: note, limited: true }
  return { replicas: stabilized, able, limit: within, limited: false }
}

const changeIn = (events: History['ups'], seconds: number, now: number): number =>
  events.filter(({ at }) => at > now - seconds * 1000).reduce((sum, { change }) => sum + change, 0)

/** The furthest that the policies allow from what there was at the beginning of their periods. */
function policyLimit(
  { policies = [], selectPolicy = 'Max' }: HPAScalingRules,
  { history, current, now }: { history: History; current: number; now: number },
  direction: 1 | -1,
): number {
  if (selectPolicy === 'Disabled') return current
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const before = current - changeIn(history.ups, periodSeconds, now) + changeIn(history.downs, periodSeconds, now)
    if (type === 'Pods') return before + direction * value
    // Rounded so that a small percentage of few replicas still moves up, and never takes more than its share down.
    return direction > 0 ? Math.ceil(before * (1 + value / 100)) : Math.trunc(before * (1 - value / 100))
  })
  const outermost = direction > 0 === (selectPolicy !== 'Min')
  return outermost ? Math.max(...proposals) : Math.min(...proposals)
}

function stabilize(history: History, rules: { up: HPAScalingRules; down: HPAScalingRules }, wish: Wish) {
  const { current, desired, now, downWindow } = wish
  const upWindow = (rules.up.stabilizationWindowSeconds ?? 0) * 1000
  const { stabilizationWindowSeconds } = rules.down
  const window = stabilizationWindowSeconds === undefined ? downWindow : stabilizationWindowSeconds * 1000
  const since = (ms: number) => history.recommendations.filter(({ at }) => at > now - ms).map(r => r.replicas)
  const lowest = Math.min(desired, ...since(upWindow))
  const highest = Math.max(desired, ...since(window))
  remember(history, desired, { now, keep: Math.max(upWindow, window) })
  return Math.min(Math.max(current, lowest), highest)
}

function normalizeRuled(
  history: History,
  rules: { up: HPAScalingRules; down: HPAScalingRules },
  wish: Wish,
): Normalized {
  const { current, desired, min, max, now } = wish
  const stabilized = stabilize(history, rules, wish)
  const able = stabilized === desired ? ready : desired >= current ? upStabilized : downStabilized
  if (stabilized > current) {
    const limit = Math.max(policyLimit(rules.up, { history, current, now }, 1), current)
    const [ceiling, note] = max > limit ? [limit, upLimit] : [max, tooMany]
    if (stabilized > ceiling) return { replicas: ceiling, able, limit: note, limited: true }
  } else if (stabilized < current) {
    const limit = Math.min(policyLimit(rules.down, { history, current, now }, -1), current)
    const [floor, note] = min < limit ? [limit, downLimit] : [min, tooFew]
    if (stabilized < floor) return { replicas: floor, able, limit: note, limited: true }
  }
  return { replicas: stabilized, able, limit: within, limited: false }
}

/** Remembers the wish in `history`. */
export function normalize(history: History, behavior: HorizontalPodAutoscalerSpec['behavior'], wish: Wish): Normalized {
  if (!behavior) return normalizeUnruled(history, wish)
  return normalizeRuled(history, { up: behavior.scaleUp ?? {}, down: behavior.scaleDown ?? {} }, wish)
}

/** Upstream's longest period of a policy. */
const longestPeriodMs = 1_800_000

/** To be called when the number was changed. */
export function recordScale(history: History, { from, to, now }: { from: number; to: number; now: number }): void {
  const kept = (events: History['ups']) => events.filter(({ at }) => at >= now - longestPeriodMs)
  if (to > from) history.ups = [...kept(history.ups), { change: to - from, at: now }]
  else history.downs = [...kept(history.downs), { change: from - to, at: now }]
}
