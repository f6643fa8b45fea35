// @ts-check
// The legend, which is also the switch of each layer; zoom buttons; the card of a clicked thing.
import { quantity } from "./format.js";
import { say, t } from "./i18n.js";
import { icon } from "./icons.js";
import { html } from "./lib.js";
import { FREE_SPEED } from "./map/palette.js";
import { hidden, inspected, layers, liveLayers, renderer, scale, toggle } from "./map/map_state.js";
import { moment } from "./state.js";

/** @import { LayerInfo } from "./records.js" */
/** @import { CityMap } from "./map/city_map.js" */

const STEPS_M = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
const SCALE_PX = 96;

export function Legend() {
  return html`<details class="legend" open=${innerWidth > 700}>
    <summary>${t("legend.title")}</summary>
    <div class="entries">${entry("vehicles", t("legend.vehicles"), speedRamp())}
    ${layers.value.map((layer) => entry(layer.name, say(layer.title), layerKey(layer)))}</div>
  </details>`;
}

/** @param {string} name @param {string} title @param {any} key */
function entry(name, title, key) {
  return html`<div class="entry" key=${name}>
    <label><input type="checkbox" checked=${!hidden.value.has(name)} onChange=${() => toggle(name)} data-layer=${name} />${title}</label>
    ${!hidden.value.has(name) && key}
  </div>`;
}

/** Signals have states; any other layer whose things have values shows shares, or values of its unit.
 * @param {LayerInfo} layer */
function layerKey(layer) {
  if (layer.name === "signals") return signalKey();
  const most = layer.unit_code ? quantity(layer.full, layer.unit_code) : "100 %";
  return liveLayers.value.has(layer.name) && html`<div class="ramp"><span>0</span><i class="heat"></i><span>${most}</span></div>`;
}

const speedRamp = () => html`<div class="ramp"><span>0</span><i></i><span>${quantity(FREE_SPEED, "MTS")}</span></div>`;

const signalKey = () => html`<div class="signal-key">${["red", "clearing", "green"].map(
  (state) => html`<span key=${state}><i class=${state}></i>${t(`signal.${state}`)}</span>`,
)}</div>`;

/** @param {{ map: () => CityMap | null }} props */
export function MapTools({ map }) {
  const metres = STEPS_M.filter((step) => step * scale.value <= SCALE_PX).at(-1) ?? STEPS_M[0];
  return html`<div class="map-tools">
      ${tool("plus", "map.in", () => map()?.zoomBy(1.6))} ${tool("minus", "map.out", () => map()?.zoomBy(1 / 1.6))}
      ${tool("fit", "map.all", () => map()?.showAll())}
    </div>
    <div class="scale" style=${{ width: `${metres * scale.value}px` }}>${metres < 1000 ? `${metres} m` : `${metres / 1000} km`}</div>
    ${renderer.value === "canvas" && html`<p class="plain-note" role="status">${t("map.plain")}</p>`}`;
}

/** @param {string} name @param {string} key @param {() => void} act */
const tool = (name, key, act) => html`<button type="button" aria-label=${t(key)} title=${t(key)} onClick=${act}>${icon(name)}</button>`;

/** @param {{ map: () => CityMap | null }} props */
export function Inspector({ map }) {
  const thing = inspected.value;
  void moment.value;
  if (!thing) return null;
  const facts = map()?.describe(thing);
  const title = thing.layer === "vehicles" ? t("legend.vehicle") : say(layers.value.find((layer) => layer.name === thing.layer)?.title ?? { en: thing.layer, zh: thing.layer });
  return html`<aside class="inspector" aria-label=${title}>
    <h3>${title}<span>${thing.layer === "vehicles" ? "" : thing.id}</span></h3>
    <button type="button" aria-label=${t("inspector.close")} onClick=${() => (inspected.value = null)}>${icon("close")}</button>
    ${facts ? html`<dl>${Object.entries(facts).map(([name, value]) => html`<div key=${name}><dt>${t(`property.${name}`)}</dt><dd>${property(name, value, thing.layer)}</dd></div>`)}</dl>`
      : html`<p>${t("inspector.gone")}</p>`}
    <a href=${`#${new URLSearchParams({ thing: `${thing.layer}:${thing.id}` })}`} onClick=${copyAddress}>${t("inspector.link")}</a>
  </aside>`;
}

const UNITS = /** @type {Record<string, string>} */ ({ speed: "MTS", speed_limit: "MTS", length: "MTR", width: "MTR" });
const SIGNAL_STATES = ["red", "green", "clearing"];

/** @param {string} name @param {any} value @param {string} layer */
function property(name, value, layer) {
  if (name === "value" && layer === "signals") return t(`signal.${SIGNAL_STATES[value] ?? "unknown"}`);
  if (typeof value === "number" && UNITS[name]) return quantity(value, UNITS[name]);
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The address of the page names the thing already; copy it.
 * @param {Event} event */
function copyAddress(event) {
  event.preventDefault();
  void navigator.clipboard?.writeText(location.href);
}
