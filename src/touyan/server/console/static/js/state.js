// @ts-check
// What the page knows, as signals; every panel reads from here and nowhere else.
import { computed, signal } from "./lib.js";

/** @import { About, Alert, Figure, Moment } from "./records.js" */

/** @type {import("../../vendor/signals.mjs").Signal<About | null>} */
export const about = signal(null);
/** @type {import("../../vendor/signals.mjs").Signal<Moment>} */
export const moment = signal({ at: null, beat: null, state: "starting" });
/** @type {import("../../vendor/signals.mjs").Signal<Figure[]>} */
export const figures = signal([]);
/** @type {import("../../vendor/signals.mjs").Signal<Map<string, Alert>>} */
export const alerts = signal(new Map());
/** connecting, live, delayed, offline, finished or failed */
export const connection = signal("connecting");
/** Seconds since the newest data. */
export const age = signal(0);
export const filter = signal("open");
/** @type {import("../../vendor/signals.mjs").Signal<string | null>} */
export const selected = signal(null);
/** A passing message to the person; `tone` is "good" or "bad". */
export const notice = signal({ text: "", tone: "good" });

const HISTORY = 240;
/** @type {Map<string, { city: number[], twin: number[] }>} */
export const history = new Map();

const SEVERITIES = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];
export const STATES = ["open", "acknowledged", "closed"];

/** The list that an alert stands in: what waits for somebody, what somebody works on, what is done.
 * @param {Alert} alert */
export const listOf = (alert) =>
  /** @type {Record<string, string>} */ ({ suspected: "open", assigned: "acknowledged", resolved: "acknowledged" })[alert.state] ?? alert.state;

export const counts = computed(() => {
  /** @type {Record<string, number>} */
  const found = { open: 0, acknowledged: 0, closed: 0 };
  for (const alert of alerts.value.values()) found[listOf(alert)] += 1;
  return found;
});

export const listed = computed(() =>
  [...alerts.value.values()]
    .filter((alert) => listOf(alert) === filter.value)
    .sort((a, b) => b.sent - a.sent || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)),
);

/** Take alerts in; a copy with a shorter log is older than what is here, whichever came last.
 * @param {Alert[]} changed @param {boolean} everything */
export function takeAlerts(changed, everything = false) {
  const next = new Map(everything ? [] : alerts.value);
  for (const alert of changed) {
    const known = alerts.value.get(alert.identifier);
    next.set(alert.identifier, known && known.log.length > alert.log.length ? known : alert);
  }
  alerts.value = next;
}

/** Take figures in and remember them for the small curves.
 * @param {Figure[]} newest */
export function takeFigures(newest) {
  for (const figure of newest) {
    const lines = history.get(figure.name) ?? { city: [], twin: [] };
    history.set(figure.name, lines);
    lines.city.push(figure.city ?? NaN);
    lines.twin.push(figure.twin ?? NaN);
    if (lines.city.length > HISTORY) {
      lines.city.shift();
      lines.twin.shift();
    }
  }
  figures.value = newest;
}

let clearing = 0;
/** @param {string} text @param {"good" | "bad"} tone */
export function tell(text, tone = "good") {
  notice.value = { text, tone };
  clearTimeout(clearing);
  clearing = window.setTimeout(() => (notice.value = { text: "", tone }), tone === "bad" ? 9000 : 4000);
}
