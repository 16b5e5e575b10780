/**
 * The windows of a SPDY session as a sender sees them. The clients of Kubernetes never grant any: their library knows no flow
 * control and ignores its frames. So windows bind only once the peer has shown, by SETTINGS or WINDOW_UPDATE, that it grants them;
 * until then the transport alone slows us down.
 */
import { initialWindow } from './frames.js'

export class FlowControl {
  private granted = false
  private session = initialWindow
  /** Of streams that open later. */
  streamWindow = initialWindow

  /** The peer takes part. */
  noticed(): void {
    this.granted = true
  }

  take(bytes: number): void {
    this.session -= bytes
  }

  widenSession(delta: number): void {
    this.session += delta
  }

  /** By how much the windows of open streams change. */
  changeInitialWindow(window: number): number {
    const delta = window - this.streamWindow
    this.streamWindow = window
    return delta
  }

  /** How many bytes may be sent on a stream with that window. */
  allowance(streamWindow: number): number {
    return this.granted ? Math.min(streamWindow, this.session) : Number.POSITIVE_INFINITY
  }
}
