// @ts-check
// The map's colours, read from the style sheet so that a theme is declared once.

const SPEED_STEPS = 6;
/** Speed (m/s) from which the last colour is used: 50 km/h. */
export const FREE_SPEED = 50 / 3.6;

export function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    land: colour("map-land"),
    kerb: colour("map-kerb"),
    road: colour("map-road"),
    label: colour("map-label"),
    halo: colour("map-land"),
    speeds: Array.from({ length: SPEED_STEPS }, (_, step) => colour(`speed-${step}`)),
    heat: [1, 2, 3, 4].map((step) => colour(`heat-${step}`)),
    outline: colour("vehicle-outline"),
    signals: [colour("signal-red"), colour("signal-green"), colour("signal-clearing")],
    quiet: colour("map-quiet"),
    accent: colour("accent"),
    severities: /** @type {Record<string, string>} */ (
      Object.fromEntries(["Extreme", "Severe", "Moderate", "Minor", "Unknown"].map((name) => [name, colour(`severity-${name.toLowerCase()}`)]))
    ),
  };
}

/** @typedef {ReturnType<typeof readPalette>} Palette */

/** The colour of a live value: signals by their state, anything else as heat of a share; "" where there is no heat.
 * @param {Palette} palette @param {string} layer @param {number} value */
export function liveColour(palette, layer, value) {
  if (layer === "signals") return palette.signals[value] ?? palette.quiet;
  return ["", ...palette.heat][Math.max(0, Math.min(palette.heat.length, Math.ceil(value * palette.heat.length - 0.25)))];
}
