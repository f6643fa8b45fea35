// @ts-check
// What the map shows, and the address that brings it back: #at=lat,lon,scale&off=layer,layer
import { effect, signal } from "../lib.js";
import { selected } from "../state.js";

/** @import { LayerInfo } from "../records.js" */
/** @import { View } from "./geometry.js" */

const asked = new URLSearchParams(location.hash.slice(1));

/** @type {import("../../../vendor/signals.mjs").Signal<LayerInfo[]>} */
export const layers = signal([]);
/** Names of layers that are switched off; "vehicles" is one of them.
 * @type {import("../../../vendor/signals.mjs").Signal<Set<string>>} */
export const hidden = signal(new Set(asked.get("off")?.split(",") ?? []));
/** @type {import("../../../vendor/signals.mjs").Signal<{ layer: string, id: string } | null>} */
export const inspected = signal(thing(asked.get("thing")));
/** Names of the layers whose things have live values.
 * @type {import("../../../vendor/signals.mjs").Signal<Set<string>>} */
export const liveLayers = signal(new Set());
/** "", "webgl" or "canvas" */
export const renderer = signal("");
export const scale = signal(1);

if (asked.get("alert")) selected.value = asked.get("alert");

/** @param {string | null} text */
function thing(text) {
  const [layer, id] = text?.split(/:(.*)/s) ?? [];
  return layer && id ? { layer, id } : null;
}

/** @returns {View | null} */
export function viewFromAddress() {
  const [latitude, longitude, size] = (asked.get("at") ?? "").split(",").map(Number);
  return size > 0 ? { latitude, longitude, scale: size } : null;
}

let waiting = 0;
/** @param {View} view */
export function viewToAddress(view) {
  asked.set("at", `${view.latitude.toFixed(5)},${view.longitude.toFixed(5)},${view.scale.toPrecision(3)}`);
  later();
}

/** Browsers limit how often an address may change, so wait until the hand rests. */
function later() {
  clearTimeout(waiting);
  waiting = window.setTimeout(() => {
    const words = asked.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    window.history.replaceState(null, "", `#${words}`);
  }, 300);
}

/** @param {string} name @param {string | null} value */
function remember(name, value) {
  if (value) asked.set(name, value);
  else asked.delete(name);
  later();
}

effect(() => remember("off", [...hidden.value].join(",")));
effect(() => remember("alert", selected.value));
effect(() => remember("thing", inspected.value && `${inspected.value.layer}:${inspected.value.id}`));

/** @param {string} name */
export function toggle(name) {
  const next = new Set(hidden.value);
  if (!next.delete(name)) next.add(name);
  hidden.value = next;
}
