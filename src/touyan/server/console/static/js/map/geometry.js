// @ts-check
// Local metres, degrees, and features as plain polylines in metres.

/** @import { Feature, Projection } from "../records.js" */

/** @typedef {{ sx: number, sy: number, ox: number, oy: number }} Transform metres → pixels: ox + sx·x, oy − sy·y */
/** @typedef {{ longitude: number, latitude: number, scale: number }} View scale in pixels a metre */
/** @typedef {{ id: string, kind: "line" | "area" | "point", lines: Float64Array[], width: number,
 *   properties: Record<string, any> }} Shape */

const DEFAULT_WIDTH_M = 3.5;

/** @param {Projection} projection @param {number} longitude @param {number} latitude @returns {[number, number]} */
export function toMetres(projection, longitude, latitude) {
  const [east, north] = projection.metres_per_degree;
  return [(longitude - projection.longitude) * east, (latitude - projection.latitude) * north];
}

/** @param {Projection} projection @param {number} x @param {number} y @returns {[number, number]} */
export function toDegrees(projection, x, y) {
  const [east, north] = projection.metres_per_degree;
  return [projection.longitude + x / east, projection.latitude + y / north];
}

/** A feature's polylines in metres; rings of an area are polylines too.
 * @param {Projection} projection @param {Feature} feature @returns {Shape} */
export function shapeOf(projection, feature) {
  const { type, coordinates } = feature.geometry;
  const depth = { Point: 0, LineString: 1, MultiPoint: 1, Polygon: 2, MultiLineString: 2, MultiPolygon: 3 }[
    /** @type {"Point"} */ (type)
  ];
  const nested = depth === 0 ? [[coordinates]] : depth === 1 ? [coordinates] : coordinates.flat(depth - 2);
  const lines = nested.map((/** @type {number[][]} */ line) =>
    Float64Array.from(line.flatMap(([longitude, latitude]) => toMetres(projection, longitude, latitude))),
  );
  const kind = type.endsWith("Polygon") ? "area" : type.endsWith("Point") ? "point" : "line";
  const properties = feature.properties ?? {};
  return { id: String(feature.id ?? properties.id ?? ""), kind, lines, width: properties.width ?? DEFAULT_WIDTH_M, properties };
}

/** The box around shapes: west, south, east, north in metres.
 * @param {Shape[]} shapes @returns {[number, number, number, number] | null} */
export function bounds(shapes) {
  const box = /** @type {[number, number, number, number]} */ ([Infinity, Infinity, -Infinity, -Infinity]);
  for (const line of shapes.flatMap((shape) => shape.lines)) {
    for (let i = 0; i < line.length; i += 2) {
      box[0] = Math.min(box[0], line[i]);
      box[1] = Math.min(box[1], line[i + 1]);
      box[2] = Math.max(box[2], line[i]);
      box[3] = Math.max(box[3], line[i + 1]);
    }
  }
  return box[0] < Infinity ? box : null;
}

/** The view that shows a box with some room around it, and with what covers the foot of the map left free.
 * @param {Projection} projection @param {[number, number, number, number]} box @param {number} width
 * @param {number} height @param {number} foot @returns {View} */
export function viewOf(projection, box, width, height, foot) {
  const room = Math.min(40, width / 12, height / 12);
  const across = Math.max(box[2] - box[0], 50);
  const along = Math.max(box[3] - box[1], 50);
  const scale = Math.min((width - 2 * room) / across, (height - foot - 2 * room) / along);
  const middle = (box[1] + box[3]) / 2 - foot / 2 / scale;
  const [longitude, latitude] = toDegrees(projection, (box[0] + box[2]) / 2, middle);
  return { longitude, latitude, scale };
}

/** Put a polyline on a canvas path.
 * @param {CanvasRenderingContext2D | Path2D} path @param {Float64Array} line @param {Transform} to */
export function trace(path, line, to) {
  path.moveTo(to.ox + to.sx * line[0], to.oy - to.sy * line[1]);
  for (let i = 2; i < line.length; i += 2) path.lineTo(to.ox + to.sx * line[i], to.oy - to.sy * line[i + 1]);
}

const DISC_PX = 7;

/** Put a point on a canvas path, as a disc that is as large at every scale.
 * @param {CanvasRenderingContext2D | Path2D} path @param {Float64Array} line @param {Transform} to */
export function disc(path, line, to) {
  const x = to.ox + to.sx * line[0], y = to.oy - to.sy * line[1];
  path.moveTo(x + DISC_PX, y);
  path.arc(x, y, DISC_PX, 0, 2 * Math.PI);
}

/** Distance in pixels from a point to a polyline.
 * @param {Float64Array} line @param {Transform} to @param {number} px @param {number} py */
export function distanceTo(line, to, px, py) {
  let nearest = Infinity;
  for (let i = 0; i < line.length; i += 2) {
    const j = Math.max(0, i - 2);
    const ax = to.ox + to.sx * line[j], ay = to.oy - to.sy * line[j + 1];
    const dx = to.ox + to.sx * line[i] - ax, dy = to.oy - to.sy * line[i + 1] - ay;
    const along = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1)));
    nearest = Math.min(nearest, Math.hypot(px - ax - along * dx, py - ay - along * dy));
  }
  return nearest;
}
