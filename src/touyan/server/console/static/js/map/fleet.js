// @ts-check
// Everything that moves: binary frames in, interpolated positions out, drawn on a 2D canvas.
import { FREE_SPEED } from "./palette.js";

/** @import { Palette } from "./palette.js" */
/** @import { Transform } from "./geometry.js" */

const MAGIC = 0x31505954; // "TYP1" little-endian
const HEADER = 32;
/** Further than this (m) nothing drives between two frames: the slot has gone to another vehicle. */
const LONGEST_STEP_M = 120;
const LENGTH_M = 4.6;
const WIDTH_M = 2;
/** Under this scale (pixels a metre) a vehicle is a dot. */
const DOTS_BELOW = 0.3;
/** From this scale on a vehicle is turned as it drives. */
const BOXES_FROM = 0.9;

/** Read a binary frame; null when it is not one.
 * @param {ArrayBuffer} data */
export function decode(data) {
  const view = new DataView(data);
  const n = data.byteLength >= HEADER && view.getUint32(0, true) === MAGIC ? view.getUint32(4, true) : -1;
  if (n < 0 || data.byteLength !== HEADER + 14 * n) return null;
  return {
    at: view.getFloat64(8, true),
    n,
    slot: new Uint32Array(data, HEADER, n),
    x: new Float32Array(data, HEADER + 4 * n, n),
    y: new Float32Array(data, HEADER + 8 * n, n),
    speed: new Uint8Array(data, HEADER + 12 * n, n),
    heading: new Uint8Array(data, HEADER + 13 * n, n),
  };
}

export class Fleet {
  constructor() {
    this.frames = 0;
    this.n = 0;
    this.started = 0;
    this.period = 500;
    this.slot = new Uint32Array(0);
    this.speed = new Uint8Array(0);
    this.fromX = this.fromY = this.fromTurn = new Float32Array(0);
    this.toX = this.toY = this.toTurn = new Float32Array(0);
    this.x = this.y = this.turn = new Float32Array(0);
  }

  /** Take a frame: everyone drives from where it is shown to where it is said to be.
   * @param {NonNullable<ReturnType<typeof decode>>} frame @param {number} now */
  load(frame, now) {
    this.move(now);
    const shown = new Map();
    for (let i = 0; i < this.n; i++) shown.set(this.slot[i], i);
    const fromX = Float32Array.from(frame.x), fromY = Float32Array.from(frame.y);
    const toTurn = Float32Array.from(frame.heading, (step) => (step * Math.PI) / 128), fromTurn = Float32Array.from(toTurn);
    for (let i = 0; i < frame.n; i++) {
      const old = shown.get(frame.slot[i]);
      if (old === undefined || Math.hypot(this.x[old] - frame.x[i], this.y[old] - frame.y[i]) > LONGEST_STEP_M) continue;
      fromX[i] = this.x[old];
      fromY[i] = this.y[old];
      // The shorter way round: a full turn is taken off where the difference exceeds half a turn.
      const turn = this.turn[old] - toTurn[i];
      fromTurn[i] = toTurn[i] + turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    }
    const between = Math.min(2000, Math.max(200, now - this.started));
    this.period = this.frames ? 0.7 * this.period + 0.3 * between : this.period;
    Object.assign(this, { n: frame.n, slot: frame.slot, speed: frame.speed, toX: frame.x, toY: frame.y, toTurn, fromX, fromY, fromTurn });
    this.x = new Float32Array(frame.n);
    this.y = new Float32Array(frame.n);
    this.turn = new Float32Array(frame.n);
    this.started = now;
    this.frames += 1;
    this.move(now);
  }

  /** Whether the last frame's step is still under way. @param {number} now */
  moving(now) {
    return this.n > 0 && now - this.started <= this.period + 50;
  }

  /** Put everyone where it is at a time (ms); nothing is guessed beyond the newest frame.
   * @param {number} now */
  move(now) {
    const share = Math.min(1, Math.max(0, (now - this.started) / this.period));
    for (let i = 0; i < this.n; i++) {
      this.x[i] = this.fromX[i] + share * (this.toX[i] - this.fromX[i]);
      this.y[i] = this.fromY[i] + share * (this.toY[i] - this.fromY[i]);
      this.turn[i] = this.fromTurn[i] + share * (this.toTurn[i] - this.fromTurn[i]);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Transform} to @param {Palette} palette
   * @param {number} width @param {number} height */
  draw(context, to, palette, width, height) {
    /** @type {number[][]} */
    const alike = palette.speeds.map(() => []);
    for (let i = 0; i < this.n; i++) {
      const px = to.ox + to.sx * this.x[i], py = to.oy - to.sy * this.y[i];
      if (px > -20 && py > -20 && px < width + 20 && py < height + 20) alike[this.colour(i, alike.length)].push(i);
    }
    context.lineWidth = 1;
    context.strokeStyle = palette.outline;
    alike.forEach((group, step) => {
      context.fillStyle = palette.speeds[step];
      if (to.sx < BOXES_FROM) this.drawSmall(context, to, group);
      else this.drawBoxes(context, to, group);
    });
  }

  /** Seen from afar, rectangles along the nearer axis: far cheaper than paths, and no eye sees the difference.
   * @param {CanvasRenderingContext2D} context @param {Transform} to @param {number[]} group */
  drawSmall(context, to, group) {
    const dots = to.sx < DOTS_BELOW;
    const long = dots ? Math.max(2, 8 * to.sx) : Math.max(LENGTH_M * to.sx, 3.6), short = dots ? long : Math.max(WIDTH_M * to.sx, 2.5);
    for (const i of group) {
      const east = Math.abs(Math.cos(this.turn[i])) > Math.SQRT1_2;
      const w = east ? long : short, h = east ? short : long;
      context.fillRect(to.ox + to.sx * this.x[i] - w / 2, to.oy - to.sy * this.y[i] - h / 2, w, h);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Transform} to @param {number[]} group */
  drawBoxes(context, to, group) {
    const path = new Path2D();
    const half = (LENGTH_M * to.sx) / 2, side = Math.max(WIDTH_M * to.sx, 2.5) / 2;
    for (const i of group) {
      box(path, to.ox + to.sx * this.x[i], to.oy - to.sy * this.y[i], Math.cos(this.turn[i]), -Math.sin(this.turn[i]), half, side);
    }
    if (to.sx > 1) context.stroke(path);
    context.fill(path);
  }

  /** @param {number} i @param {number} colours */
  colour(i, colours) {
    return Math.min(colours - 1, Math.floor(((this.speed[i] / 4) * colours) / FREE_SPEED));
  }

  /** The vehicle nearest to a pixel, or null.
   * @param {Transform} to @param {number} px @param {number} py @param {number} within */
  pick(to, px, py, within) {
    let best = null, nearest = within;
    for (let i = 0; i < this.n; i++) {
      const away = Math.hypot(to.ox + to.sx * this.x[i] - px, to.oy - to.sy * this.y[i] - py);
      if (away < nearest) [best, nearest] = [this.slot[i], away];
    }
    return best;
  }
}

/** A rectangle along a heading.
 * @param {Path2D} path @param {number} px @param {number} py @param {number} cos @param {number} sin
 * @param {number} half @param {number} side */
function box(path, px, py, cos, sin, half, side) {
  const ax = cos * half, ay = sin * half, bx = -sin * side, by = cos * side;
  path.moveTo(px + ax + bx, py + ay + by);
  path.lineTo(px + ax - bx, py + ay - by);
  path.lineTo(px - ax - bx, py - ay - by);
  path.lineTo(px - ax + bx, py - ay + by);
  path.closePath();
}
