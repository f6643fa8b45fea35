// @ts-check
// Alerts on the map: a shape by severity, so that colour is never alone.
import { listOf } from "../state.js";
import { toMetres } from "./geometry.js";

/** @import { Alert, Projection } from "../records.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Transform } from "./geometry.js" */

/** Corner points of each severity's shape in a box from -1 to 1; a circle has none. */
export const SHAPES = /** @type {Record<string, [number, number][]>} */ ({
  Extreme: [[-0.4, -1], [0.4, -1], [1, -0.4], [1, 0.4], [0.4, 1], [-0.4, 1], [-1, 0.4], [-1, -0.4]],
  Severe: [[0, -1], [1, 0.8], [-1, 0.8]],
  Moderate: [[0, -1], [1, 0], [0, 1], [-1, 0]],
  Minor: [],
  Unknown: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
});

const SIZE_PX = 9;
const PULSE_MS = 1800;

/** @param {CanvasRenderingContext2D} context @param {Alert[]} alerts @param {Projection} projection
 * @param {Transform} to @param {Palette} palette @param {string | null} selected @param {number | null} now null: no motion */
export function drawAlerts(context, alerts, projection, to, palette, selected, now) {
  for (const alert of alerts) {
    if (!alert.location) continue;
    const [px, py] = pixel(alert.location, projection, to);
    const colour = palette.severities[alert.severity] ?? palette.severities.Unknown;
    const open = listOf(alert) === "open";
    if (open && now !== null) ring(context, px, py, SIZE_PX * (1 + 1.6 * ((now % PULSE_MS) / PULSE_MS)), colour, 1 - (now % PULSE_MS) / PULSE_MS);
    if (alert.identifier === selected) ring(context, px, py, SIZE_PX + 7, palette.accent, 1);
    context.beginPath();
    outline(context, SHAPES[alert.severity] ?? [], px, py, SIZE_PX);
    context.globalAlpha = open ? 1 : 0.55;
    context.fillStyle = colour;
    context.strokeStyle = palette.land;
    context.lineWidth = 3;
    context.stroke();
    context.fill();
    context.globalAlpha = 1;
  }
}

/** The alert under a pixel, or null.
 * @param {Alert[]} alerts @param {Projection} projection @param {Transform} to @param {number} px @param {number} py */
export function pickAlert(alerts, projection, to, px, py) {
  const under = alerts.find((alert) => {
    if (!alert.location) return false;
    const [x, y] = pixel(alert.location, projection, to);
    return Math.hypot(x - px, y - py) < SIZE_PX + 5;
  });
  return under?.identifier ?? null;
}

/** @param {[number, number]} location @param {Projection} projection @param {Transform} to */
function pixel(location, projection, to) {
  const [x, y] = toMetres(projection, location[0], location[1]);
  return [to.ox + to.sx * x, to.oy - to.sy * y];
}

/** @param {CanvasRenderingContext2D} context @param {number} px @param {number} py @param {number} radius
 * @param {string} colour @param {number} strength */
function ring(context, px, py, radius, colour, strength) {
  context.beginPath();
  context.arc(px, py, radius, 0, 2 * Math.PI);
  context.globalAlpha = strength;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.stroke();
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {[number, number][]} corners @param {number} px @param {number} py
 * @param {number} size */
function outline(context, corners, px, py, size) {
  if (corners.length === 0) context.arc(px, py, size * 0.85, 0, 2 * Math.PI);
  corners.forEach(([x, y], i) => (i ? context.lineTo(px + x * size, py + y * size) : context.moveTo(px + x * size, py + y * size)));
  context.closePath();
}
