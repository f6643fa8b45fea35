// @ts-check
// The live feed: one socket, opened again when it breaks, and how old its data are.

const SHORTEST_PERIOD_MS = 500;
const OFFLINE_AFTER_MS = 4500;
const WAITS_MS = [300, 700, 1500, 2500];

/**
 * What the page says of its data. `heard` is when the newest beat came (ms), `period` what lies between beats.
 * @param {{ now: number, open: boolean, brain: string, heard: number, period: number, closed: number }} facts
 */
export function judge({ now, open, brain, heard, period, closed }) {
  if (!open) return now - closed > OFFLINE_AFTER_MS / 2 ? "offline" : "delayed";
  if (brain !== "running") return brain === "starting" ? "connecting" : brain;
  const silent = now - heard;
  if (silent > Math.max(OFFLINE_AFTER_MS, 6 * period)) return "offline";
  return silent > 3 * period ? "delayed" : "live";
}

export class Feed {
  /** @param {{ message: (content: any) => void, frame: (data: ArrayBuffer) => void,
   *    condition: (state: string, ageSeconds: number) => void }} page */
  constructor(page) {
    this.page = page;
    this.failures = 0;
    this.everOpen = false;
    this.facts = { now: 0, open: false, brain: "starting", heard: performance.now(), period: SHORTEST_PERIOD_MS, closed: performance.now() };
    /** @type {number | null} */
    this.beat = null;
    this.open();
    setInterval(() => this.judge(), 250);
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onclose = () => this.closed();
    socket.onmessage = (event) => this.receive(event.data);
  }

  opened() {
    this.failures = 0;
    this.everOpen = true;
    this.facts.open = true;
  }

  closed() {
    if (this.facts.open) this.facts.closed = performance.now();
    this.facts.open = false;
    setTimeout(() => this.open(), WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)]);
    this.failures += 1;
    this.judge();
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (typeof data === "string") {
      const content = JSON.parse(data);
      if (content.topic === "figures") this.hear(content.beat, content.age_s * 1000, content.state);
      this.page.message(content);
    } else {
      this.hear(new DataView(data).getUint32(16, true), 0, this.facts.brain);
      this.page.frame(data);
    }
  }

  /** Note a beat; two messages of one beat count once.
   * @param {number | null} beat @param {number} ageMs @param {string} brain */
  hear(beat, ageMs, brain) {
    const heard = performance.now() - ageMs;
    this.facts.brain = brain;
    if (beat !== null && beat !== this.beat) {
      // Capped, so that one pause does not make the page patient for long.
      const between = Math.min(4 * this.facts.period, heard - this.facts.heard);
      if (this.beat !== null && between > 100) {
        this.facts.period = Math.max(SHORTEST_PERIOD_MS, 0.7 * this.facts.period + 0.3 * between);
      }
      this.facts.heard = heard;
      this.beat = beat;
    }
    this.judge();
  }

  judge() {
    const now = performance.now();
    const state = this.everOpen ? judge({ ...this.facts, now }) : "connecting";
    this.page.condition(state, Math.max(0, (now - this.facts.heard) / 1000));
  }
}
