// @ts-check
// The map: a still base (WebGL, or plain 2D) and over it one canvas for all that lives.
import { read } from "../api.js";
import { effect } from "../lib.js";
import { calm, shownTheme } from "../preferences.js";
import { alerts, connection, filter, listOf, selected } from "../state.js";
import { decode, Fleet } from "./fleet.js";
import { bounds, disc, distanceTo, shapeOf, toDegrees, trace, viewOf } from "./geometry.js";
import { drawAlerts, pickAlert } from "./marks.js";
import { liveColour, readPalette } from "./palette.js";
import { PlainBase } from "./plain_base.js";
import { hidden, inspected, layers, liveLayers, renderer, scale, viewFromAddress, viewToAddress } from "./map_state.js";

/** @import { About, LayerInfo } from "../records.js" */
/** @import { Shape, View } from "./geometry.js" */

/** Drawn on the live canvas even before a value comes: a signal of unknown state must not look like a road. */
const ALWAYS_LIVE = "signals";
const BAR_M = 1.5;
/** Under this scale (pixels a metre) stop bars would be a blur. */
const BARS_FROM = 0.06;
const CLICK_PX = 9;
/** Areas with a live value lie over the map and must not hide it. */
const AREA_ALPHA = 0.45;
/** What the legend and the scale cover. */
const FOOT_PX = 56;
const FOCUS_SCALE = 1.6;

export class CityMap {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "living";
    this.palette = readPalette();
    this.fleet = new Fleet();
    /** @type {Map<string, Map<string, number>>} */
    this.values = new Map();
    /** @type {Map<string, Shape[]>} */
    this.shapes = new Map();
    /** @type {GlLike | null} */
    this.base = null;
    /** @type {About | null} */
    this.city = null;
    this.asked = 0;
    new ResizeObserver(() => this.fit()).observe(element);
    effect(() => this.paint(shownTheme()));
    effect(() => this.reveal(hidden.value));
    effect(() => {
      void [alerts.value, selected.value, filter.value, connection.value, inspected.value];
      this.wake();
    });
  }

  /** Show a city; a second call with the same city changes nothing.
   * @param {About} city */
  async open(city) {
    if (this.city) return;
    this.city = city;
    layers.value = await read("/api/layers");
    const collections = await Promise.all(layers.value.map((layer) => read(`/api/layers/${encodeURIComponent(layer.name)}`)));
    layers.value.forEach((layer, i) => {
      this.shapes.set(layer.name, collections[i].features.map((/** @type {any} */ feature) => shapeOf(city.projection, feature)));
    });
    this.base = await makeBase(this.element, city, this.palette, this.page(), this.firstView(city));
    renderer.value = this.base instanceof PlainBase ? "canvas" : "webgl";
    this.element.dataset.renderer = renderer.value;
    this.element.append(this.canvas);
    this.fit();
    this.moved();
    await this.addLayers(layers.value, collections);
    this.element.dataset.ready = "true";
  }

  /** @param {LayerInfo[]} infos @param {any[]} collections */
  async addLayers(infos, collections) {
    const still = infos.map((layer, i) => ({ layer, collection: collections[i] })).filter(({ layer }) => layer.name !== ALWAYS_LIVE);
    const drawn = new Set();
    for (const { layer, collection } of still.sort((a, b) => this.isLive(a.layer) - this.isLive(b.layer))) {
      // Two layers may colour the same lanes, say; the lanes themselves are drawn once.
      const alike = collection.features.map((/** @type {any} */ feature) => feature.id).join("\n");
      if (!drawn.has(alike)) await this.base?.addLayer(layer.name, collection, this.palette);
      drawn.add(alike);
    }
    this.reveal(hidden.value);
  }

  /** @param {LayerInfo} layer */
  isLive(layer) {
    return Number(this.values.has(layer.name));
  }

  page() {
    return { moved: () => this.moved(), clicked: (/** @type {number} */ x, /** @type {number} */ y) => this.clicked(x, y) };
  }

  /** @param {About} city @returns {View} */
  firstView(city) {
    return viewFromAddress() ?? this.wholeCity(city);
  }

  /** @param {About} city @returns {View} */
  wholeCity(city) {
    const box = bounds([...this.shapes.values()].flat()) ?? [-500, -500, 500, 500];
    return viewOf(city.projection, box, this.element.clientWidth, this.element.clientHeight, FOOT_PX);
  }

  showAll() {
    if (this.city) this.base?.look(this.wholeCity(this.city), !calm());
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.base?.zoomBy(factor);
  }

  /** Bring a place into the middle, near enough to see what happens there.
   * @param {[number, number] | null} location */
  focus(location) {
    if (!location || !this.base) return;
    const near = Math.max(this.base.view().scale, FOCUS_SCALE);
    this.base.look({ longitude: location[0], latitude: location[1], scale: near }, !calm());
  }

  /** @param {ArrayBuffer} data */
  takeFrame(data) {
    const frame = decode(data);
    if (!frame) return;
    this.fleet.load(frame, performance.now());
    const { dataset } = this.element;
    dataset.frames = String(this.fleet.frames);
    dataset.vehicles = String(frame.n);
    dataset.first = frame.n ? `${frame.x[0].toFixed(2)},${frame.y[0].toFixed(2)}` : "";
    this.wake();
  }

  /** @param {Record<string, Record<string, number | null>>} changed */
  takeLive(changed) {
    for (const [layer, values] of Object.entries(changed)) {
      const known = this.values.get(layer) ?? new Map();
      if (!this.values.has(layer)) liveLayers.value = new Set([...this.values.set(layer, known).keys()]);
      for (const [id, value] of Object.entries(values)) value === null ? known.delete(id) : known.set(id, value);
    }
    this.wake();
  }

  moved() {
    if (!this.base) return;
    const view = this.base.view();
    scale.value = view.scale;
    viewToAddress(view);
    this.wake();
  }

  /** @param {string} _theme */
  paint(_theme) {
    this.palette = readPalette();
    this.base?.repaint(this.palette);
    this.wake();
  }

  /** @param {Set<string>} names */
  reveal(names) {
    for (const layer of layers.value) this.base?.showLayer(layer.name, !names.has(layer.name));
    this.wake();
  }

  fit() {
    const density = window.devicePixelRatio || 1;
    this.canvas.width = this.element.clientWidth * density;
    this.canvas.height = this.element.clientHeight * density;
    this.wake();
  }

  wake() {
    if (!this.asked && this.base) this.asked = requestAnimationFrame((now) => this.draw(now));
  }

  /** @param {number} now */
  draw(now) {
    this.asked = 0;
    const context = this.canvas.getContext("2d");
    if (!context || !this.base || !this.city) return;
    const { clientWidth: width, clientHeight: height } = this.element;
    const density = window.devicePixelRatio || 1;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    const to = this.base.transform();
    for (const [layer, shapes] of this.shapes) this.drawLive(context, layer, shapes, to);
    this.fleet.move(calm() ? Infinity : now);
    if (!hidden.value.has("vehicles")) this.fleet.draw(context, to, this.palette, width, height);
    const shown = [...alerts.value.values()].filter((alert) => alert.state !== "closed");
    drawAlerts(context, shown, this.city.projection, to, this.palette, selected.value, calm() ? null : now);
    const pulsing = !calm() && shown.some((alert) => listOf(alert) === "open" && alert.location);
    if ((this.fleet.moving(now) && !calm()) || pulsing) this.wake();
  }

  /** Lines, areas and points with a live value, one path a colour.
   * @param {CanvasRenderingContext2D} context @param {string} layer @param {Shape[]} shapes
   * @param {import("./geometry.js").Transform} to */
  drawLive(context, layer, shapes, to) {
    const values = this.values.get(layer);
    const bars = layer === ALWAYS_LIVE;
    if (hidden.value.has(layer) || (!values && !bars) || (bars && to.sx < BARS_FROM)) return;
    const full = layers.value.find((info) => info.name === layer)?.full ?? 1;
    /** @type {Map<string, { strokes: Path2D, fills: Path2D }>} */
    const paths = new Map();
    for (const shape of shapes) {
      const value = values?.get(shape.id);
      if (value === undefined && !bars) continue;
      const colour = value === undefined ? this.palette.quiet : liveColour(this.palette, layer, value / full);
      if (!colour) continue;
      const path = paths.get(colour) ?? { strokes: new Path2D(), fills: new Path2D() };
      paths.set(colour, path);
      for (const line of shape.lines) {
        if (shape.kind === "point") disc(path.fills, line, to);
        else trace(shape.kind === "area" ? path.fills : path.strokes, line, to);
      }
    }
    context.lineCap = "butt";
    context.lineWidth = Math.max(bars ? 2 : 3, (bars ? BAR_M : shapes[0]?.width ?? 0) * to.sx);
    for (const [colour, path] of paths) {
      context.strokeStyle = context.fillStyle = colour;
      context.stroke(path.strokes);
      context.globalAlpha = shapes[0]?.kind === "area" ? AREA_ALPHA : 1;
      context.fill(path.fills, "evenodd");
      context.globalAlpha = 1;
    }
  }

  /** What is under a click: an alert first, then a vehicle, then a line.
   * @param {number} x @param {number} y */
  clicked(x, y) {
    if (!this.base || !this.city) return;
    const to = this.base.transform();
    const alert = pickAlert([...alerts.value.values()], this.city.projection, to, x, y);
    if (alert) {
      const shown = alerts.value.get(alert);
      if (shown) filter.value = listOf(shown);
      selected.value = alert;
      return;
    }
    const slot = hidden.value.has("vehicles") ? null : this.fleet.pick(to, x, y, CLICK_PX);
    inspected.value = slot === null ? this.lineUnder(to, x, y) : { layer: "vehicles", id: String(slot) };
  }

  /** @param {import("./geometry.js").Transform} to @param {number} x @param {number} y */
  lineUnder(to, x, y) {
    let best = null, nearest = CLICK_PX;
    // The last layer lies on top; a line further down must be clearly nearer.
    for (const [layer, shapes] of [...this.shapes].reverse()) {
      if (hidden.value.has(layer)) continue;
      for (const shape of shapes) {
        const away = Math.min(...shape.lines.map((line) => distanceTo(line, to, x, y)));
        if (away < nearest) [best, nearest] = [{ layer, id: shape.id }, away];
      }
      if (best) return best;
    }
    return null;
  }

  /** The data of an inspected thing; null when it is gone.
   * @param {{ layer: string, id: string }} thing @returns {Record<string, any> | null} */
  describe(thing) {
    if (thing.layer === "vehicles") {
      const i = this.fleet.slot.indexOf(Number(thing.id));
      return i < 0 ? null : { speed: this.fleet.speed[i] / 4, at: this.place(this.fleet.toX[i], this.fleet.toY[i]) };
    }
    const shape = this.shapes.get(thing.layer)?.find((candidate) => candidate.id === thing.id);
    if (!shape) return null;
    const value = this.values.get(thing.layer)?.get(thing.id);
    return { ...shape.properties, ...(value === undefined ? {} : { value }) };
  }

  /** @param {number} x @param {number} y */
  place(x, y) {
    const [longitude, latitude] = toDegrees(/** @type {About} */ (this.city).projection, x, y);
    return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  }
}

/** @typedef {import("./gl_base.js").GlBase | PlainBase} GlLike */

/** MapLibre where the browser has WebGL2, the plain base otherwise.
 * @param {HTMLElement} element @param {About} city @param {import("./palette.js").Palette} palette
 * @param {{ moved: () => void, clicked: (x: number, y: number) => void }} page @param {View} view */
async function makeBase(element, city, palette, page, view) {
  const holder = document.createElement("div");
  holder.className = "still";
  element.append(holder);
  if (document.createElement("canvas").getContext("webgl2")) {
    const { GlBase } = await import("./gl_base.js");
    return new GlBase(holder, city.projection, palette, page, view);
  }
  return new PlainBase(holder, city.projection, palette, page, view);
}
