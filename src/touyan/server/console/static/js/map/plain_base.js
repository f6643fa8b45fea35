// @ts-check
// The still map on a 2D canvas, for desktops without WebGL: the same lines, pan and zoom.
import { shapeOf, toDegrees, toMetres, trace } from "./geometry.js";

/** @import { Projection } from "../records.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Shape, Transform, View } from "./geometry.js" */

const CLICK_PX = 5;
const KEY_STEP_PX = 80;

export class PlainBase {
  /** @param {HTMLElement} container @param {Projection} projection @param {Palette} palette
   * @param {{ moved: () => void, clicked: (x: number, y: number) => void }} page @param {View} view */
  constructor(container, projection, palette, page, view) {
    this.container = container;
    this.projection = projection;
    this.palette = palette;
    this.page = page;
    this.current = view;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "plain-base";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "region");
    this.canvas.setAttribute("aria-label", "Map");
    container.append(this.canvas);
    /** @type {Map<string, { shapes: Shape[], visible: boolean }>} */
    this.layers = new Map();
    /** @type {Map<number, { x: number, y: number }>} */
    this.pointers = new Map();
    this.travelled = 0;
    new ResizeObserver(() => this.changed()).observe(container);
    this.listen();
    this.changed();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.release(/** @type {PointerEvent} */ (event)));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", (event) => this.zoomAt(2, event.offsetX, event.offsetY));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  get size() {
    return { width: this.container.clientWidth, height: this.container.clientHeight };
  }

  /** @returns {Transform} */
  transform() {
    const { longitude, latitude, scale } = this.current;
    const [x, y] = toMetres(this.projection, longitude, latitude);
    return { sx: scale, sy: scale, ox: this.size.width / 2 - scale * x, oy: this.size.height / 2 + scale * y };
  }

  view() {
    return this.current;
  }

  /** @param {View} view */
  look(view) {
    this.current = view;
    this.changed();
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.zoomAt(factor, this.size.width / 2, this.size.height / 2);
  }

  /** Zoom with a pixel held still.
   * @param {number} factor @param {number} px @param {number} py */
  zoomAt(factor, px, py) {
    const scale = Math.min(40, Math.max(0.002, this.current.scale * factor));
    const kept = 1 - this.current.scale / scale;
    this.pan(-(px - this.size.width / 2) * kept, -(py - this.size.height / 2) * kept);
    this.current = { ...this.current, scale };
    this.changed();
  }

  /** Move the city by pixels.
   * @param {number} dx @param {number} dy */
  pan(dx, dy) {
    const [x, y] = toMetres(this.projection, this.current.longitude, this.current.latitude);
    const [longitude, latitude] = toDegrees(this.projection, x - dx / this.current.scale, y + dy / this.current.scale);
    this.current = { ...this.current, longitude, latitude };
    this.changed();
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
  }

  /** One finger pans, two zoom.
   * @param {PointerEvent} event */
  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.offsetX, y: event.offsetY };
    this.pointers.set(event.pointerId, now);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (!other) return this.pan(now.x - before.x, now.y - before.y);
    const apart = (/** @type {{ x: number, y: number }} */ point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
    return this.zoomAt(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  /** @param {PointerEvent} event */
  release(event) {
    this.pointers.delete(event.pointerId);
    if (event.type === "pointerup" && this.travelled < CLICK_PX) this.page.clicked(event.offsetX, event.offsetY);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.zoomAt(2 ** (-event.deltaY / 400), event.offsetX, event.offsetY);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const pans = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] });
    if (event.key === "+" || event.key === "=") this.zoomBy(1.5);
    else if (event.key === "-") this.zoomBy(1 / 1.5);
    else if (pans[event.key]) this.pan(pans[event.key][0] * KEY_STEP_PX, pans[event.key][1] * KEY_STEP_PX);
    else return;
    event.preventDefault();
  }

  /** @param {string} name @param {any} collection @param {Palette} palette */
  async addLayer(name, collection, palette) {
    this.layers.set(name, { shapes: collection.features.map((/** @type {any} */ feature) => shapeOf(this.projection, feature)), visible: true });
    this.repaint(palette);
  }

  /** @param {string} name @param {boolean} visible */
  showLayer(name, visible) {
    const layer = this.layers.get(name);
    if (layer) layer.visible = visible;
    this.changed();
  }

  /** @param {Palette} palette */
  repaint(palette) {
    this.palette = palette;
    this.changed();
  }

  changed() {
    this.page.moved();
    if (!this.asked) this.asked = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.asked = 0;
    const { width, height } = this.size;
    const density = window.devicePixelRatio || 1;
    this.canvas.width = width * density;
    this.canvas.height = height * density;
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.scale(density, density);
    context.fillStyle = this.palette.land;
    context.fillRect(0, 0, width, height);
    const shapes = [...this.layers.values()].filter((layer) => layer.visible).flatMap((layer) => layer.shapes);
    const to = this.transform();
    this.lines(context, to, shapes, this.palette.kerb, 1.12, 0.6);
    this.areas(context, to, shapes);
    this.lines(context, to, shapes, this.palette.road, 0.9, 0.35);
  }

  /** @param {CanvasRenderingContext2D} context @param {Transform} to @param {Shape[]} shapes @param {string} colour
   * @param {number} share @param {number} least */
  lines(context, to, shapes, colour, share, least) {
    context.strokeStyle = colour;
    context.lineCap = context.lineJoin = "round";
    const widths = new Set(shapes.map((shape) => shape.width));
    for (const metres of widths) {
      const path = new Path2D();
      const alike = shapes.filter((shape) => shape.kind === "line" && shape.width === metres);
      for (const line of alike.flatMap((shape) => shape.lines)) trace(path, line, to);
      context.lineWidth = Math.max(least, metres * share * to.sx);
      context.stroke(path);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Transform} to @param {Shape[]} shapes */
  areas(context, to, shapes) {
    const path = new Path2D();
    for (const line of shapes.filter((shape) => shape.kind === "area").flatMap((shape) => shape.lines)) trace(path, line, to);
    context.fillStyle = this.palette.road;
    context.fill(path, "evenodd");
  }
}
