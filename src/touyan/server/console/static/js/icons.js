// @ts-check
// The few pictures of the page, drawn by us.
import { html } from "./lib.js";
import { SHAPES } from "./map/marks.js";

/** Geese in flight: one leads.  */
export const goose = () => html`<svg class="goose" viewBox="0 0 34 28" aria-hidden="true">
  <path d="M17 1 24 10.500h-4.200L17 6.600l-2.800 3.900H10z" /><path d="M8 11l5.200 7.200H9.600L8 15.900l-1.600 2.300H2.800z" opacity=".75" />
  <path d="M26 11l5.200 7.200h-3.600L26 15.900l-1.600 2.300h-3.600z" opacity=".75" />
</svg>`;

/** A severity as a shape; its word stands beside it. @param {string} severity */
export function severityShape(severity) {
  const corners = SHAPES[severity] ?? SHAPES.Unknown;
  return html`<svg class=${`severity ${severity.toLowerCase()}`} viewBox="-1.2 -1.2 2.4 2.4" aria-hidden="true">
    ${corners.length ? html`<polygon points=${corners.map((corner) => corner.join()).join(" ")} />` : html`<circle r="0.85" />`}
  </svg>`;
}

/** @param {string} name */
export const icon = (name) => html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

const PATHS = /** @type {Record<string, string>} */ ({
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  fit: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
  moon: "M16.500 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.500 8.500z",
  sun: "M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600 16 16M16 4l-1.400 1.400M5.400 14.600 4 16",
  close: "M5 5l10 10M15 5 5 15",
  target: "M10 2v4M10 14v4M2 10h4M14 10h4M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
});
