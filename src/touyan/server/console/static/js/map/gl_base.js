// @ts-check
// The still map in WebGL: MapLibre over the city's own GeoJSON, with no request to anywhere.
import { Map as GlMap } from "../../../vendor/maplibre-gl.mjs";
import { toDegrees, toMetres } from "./geometry.js";

/** @import { Projection } from "../records.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Transform, View } from "./geometry.js" */

const EARTH_M = 40_075_016.686;
const TILE_PX = 512;

export class GlBase {
  /** @param {HTMLElement} container @param {Projection} projection @param {Palette} palette
   * @param {{ moved: () => void, clicked: (x: number, y: number) => void }} page @param {View} view */
  constructor(container, projection, palette, page, view) {
    this.projection = projection;
    this.metresAtZoomZero = (EARTH_M * Math.cos((projection.latitude * Math.PI) / 180)) / TILE_PX;
    this.map = new GlMap({
      container,
      style: { version: 8, sources: {}, layers: [{ id: "land", type: "background", paint: { "background-color": palette.land } }] },
      attributionControl: false,
      center: [view.longitude, view.latitude],
      zoom: this.zoom(view.scale),
      maxZoom: 21,
      maxPitch: 0,
      pitchWithRotate: false,
      dragRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      fadeDuration: 0,
      canvasContextAttributes: { antialias: false },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.on("move", page.moved);
    this.map.on("resize", page.moved);
    this.map.on("click", (event) => page.clicked(event.point.x, event.point.y));
    this.ready = new Promise((resolve) => this.map.once("load", resolve));
    /** @type {string[]} */
    this.names = [];
  }

  /** @param {number} scale */
  zoom(scale) {
    return Math.log2(scale * this.metresAtZoomZero);
  }

  /** Around the middle of the view the projection is affine to far less than a pixel. @returns {Transform} */
  transform() {
    const centre = this.map.getCenter();
    const [x, y] = toMetres(this.projection, centre.lng, centre.lat);
    const step = 200 / this.view().scale;
    const a = this.map.project(toDegrees(this.projection, x - step, y - step));
    const b = this.map.project(toDegrees(this.projection, x + step, y + step));
    const sx = (b.x - a.x) / (2 * step), sy = (a.y - b.y) / (2 * step);
    return { sx, sy, ox: a.x - sx * (x - step), oy: a.y + sy * (y - step) };
  }

  /** @returns {View} */
  view() {
    const { lng, lat } = this.map.getCenter();
    return { longitude: lng, latitude: lat, scale: 2 ** this.map.getZoom() / this.metresAtZoomZero };
  }

  /** @param {View} view @param {boolean} glide */
  look(view, glide) {
    const camera = { center: /** @type {[number, number]} */ ([view.longitude, view.latitude]), zoom: this.zoom(view.scale) };
    if (glide) this.map.easeTo({ ...camera, duration: 500 });
    else this.map.jumpTo(camera);
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.map.easeTo({ zoom: this.map.getZoom() + Math.log2(factor), duration: 200 });
  }

  /** Draw a layer; its kerbs lie under the surfaces of all layers.
   * @param {string} name @param {any} collection @param {Palette} palette */
  async addLayer(name, collection, palette) {
    await this.ready;
    this.map.addSource(name, { type: "geojson", data: collection, tolerance: 0.1 });
    this.names.push(name);
    const under = this.map.getLayer("surfaces") ? "surfaces" : undefined;
    if (!under) this.map.addLayer({ id: "surfaces", type: "background", paint: { "background-opacity": 0 } });
    const line = /** @type {any} */ (["==", ["geometry-type"], "LineString"]);
    const round = /** @type {any} */ ({ "line-cap": "round", "line-join": "round" });
    this.map.addLayer({ id: `${name}-kerb`, source: name, type: "line", filter: line, layout: round, paint: { "line-width": this.width(1.12, 2.4) } }, "surfaces");
    this.map.addLayer({ id: `${name}-area`, source: name, type: "fill", filter: ["==", ["geometry-type"], "Polygon"] });
    this.map.addLayer({ id: `${name}-line`, source: name, type: "line", filter: line, layout: round, paint: { "line-width": this.width(0.9, 1.4) } });
    this.map.addLayer({
      id: `${name}-name`,
      source: name,
      type: "symbol",
      filter: ["has", "name"],
      minzoom: 13,
      layout: {
        "symbol-placement": "line",
        "text-field": ["to-string", ["get", "name"]],
        "text-font": ["Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif"],
        "text-size": 12,
      },
    });
    this.repaint(palette);
  }

  /** Real widths in metres, never thinner than a hair.
   * @param {number} share @param {number} least @returns {any} */
  width(share, least) {
    const pixels = (/** @type {number} */ zoom) => 2 ** zoom / this.metresAtZoomZero;
    const at = (/** @type {number} */ zoom) => ["max", least / 4, ["*", share * pixels(zoom), ["coalesce", ["get", "width"], 3.5]]];
    return ["interpolate", ["exponential", 2], ["zoom"], 10, at(10), 22, at(22)];
  }

  /** @param {string} name @param {boolean} visible */
  showLayer(name, visible) {
    for (const part of ["kerb", "area", "line", "name"]) {
      if (this.map.getLayer(`${name}-${part}`)) this.map.setLayoutProperty(`${name}-${part}`, "visibility", visible ? "visible" : "none");
    }
  }

  /** @param {Palette} palette */
  repaint(palette) {
    this.map.setPaintProperty("land", "background-color", palette.land);
    for (const name of this.names) {
      this.map.setPaintProperty(`${name}-kerb`, "line-color", palette.kerb);
      this.map.setPaintProperty(`${name}-area`, "fill-color", palette.road);
      this.map.setPaintProperty(`${name}-line`, "line-color", palette.road);
      this.map.setPaintProperty(`${name}-name`, "text-color", palette.label);
      this.map.setPaintProperty(`${name}-name`, "text-halo-color", palette.halo);
      this.map.setPaintProperty(`${name}-name`, "text-halo-width", 1.5);
    }
  }
}
