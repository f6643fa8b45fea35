// @ts-check
// The figures of the city, the twin's beside them, and how each was come by.
import { difference, number, peopleUnit, quantity } from "./format.js";
import { say, t } from "./i18n.js";
import { html } from "./lib.js";
import { about, figures, history } from "./state.js";

/** @import { Figure } from "./records.js" */

/** So many figures stand large, with their curves; the rest are lines of a table. */
const LARGE = 3;
const WIDTH = 100;
const HEIGHT = 28;

export function Figures() {
  const twin = about.value?.twin;
  return html`<section class="panel figures" aria-labelledby="figures-title">
    <h2 id="figures-title">${t("figures.title")}</h2>
    <p class="key">
      <span class="key-city">${t("figures.city")}</span>
      ${twin && html`<span class="key-twin">${t("figures.twin", { controller: twin })}</span>`}
    </p>
    ${figures.value.length === 0 && html`<p class="empty">${t("figures.none")}</p>`}
    <ul>${figures.value.slice(0, LARGE).map((figure) => html`<${Card} key=${figure.name} figure=${figure} />`)}</ul>
    ${[...new Set(figures.value.slice(LARGE).map((figure) => figure.origin))].map((origin) => html`<h3 key=${origin}>${t(`origin.${origin}.group`)}</h3>
      <ul key=${`${origin}-list`}>${figures.value.slice(LARGE).filter((figure) => figure.origin === origin)
        .map((figure) => html`<${Line} key=${figure.name} figure=${figure} />`)}</ul>`)}
  </section>`;
}

/** @param {{ figure: Figure }} props */
function Line({ figure }) {
  const unit = peopleUnit(figure.unit_code, [figure.city, figure.twin]);
  const tip = `figure-${figure.name}`;
  return html`<li class="figure line" data-figure=${figure.name}>
    <button type="button" class="figure-title" aria-describedby=${tip}>${say(figure.title)}</button>
    <span class="value" data-value=${figure.city}>${number(figure.city, unit)}<small>${unit.symbol}</small></span>
    <span class="twin">${figure.twin !== null && html`<span class="visually-hidden">${t("figures.twin.short")} </span>${number(figure.twin, unit)}`}</span>
    <span class="difference">${difference(figure.city, figure.twin)}</span>
    <${Tip} figure=${figure} id=${tip} />
  </li>`;
}

/** How the figure was come by, and its exact value.
 * @param {{ figure: Figure, id: string }} props */
const Tip = ({ figure, id }) => html`<div class="tip" id=${id} role="tooltip">
  <p>${say(figure.method)}</p>
  <p>${t(`origin.${figure.origin}.long`)}</p>
  <p class="exact">${t("figures.exact", { value: exact(figure.city, figure.unit_code), twin: exact(figure.twin, figure.unit_code) })}</p>
</div>`;

/** @param {{ figure: Figure }} props */
function Card({ figure }) {
  const unit = peopleUnit(figure.unit_code, [figure.city, figure.twin]);
  const tip = `figure-${figure.name}`;
  return html`<li class="figure" data-figure=${figure.name}>
    <button type="button" class="figure-title" aria-describedby=${tip}>${say(figure.title)}
      <span class="origin ${figure.origin}">${t(`origin.${figure.origin}`)}</span></button>
    <div class="values">
      <span class="value" data-value=${figure.city}>${number(figure.city, unit)}<small>${unit.symbol}</small></span>
      ${figure.twin !== null && html`<span class="twin"><span class="visually-hidden">${t("figures.twin.short")} </span>${number(figure.twin, unit)}</span>
        <span class="difference">${difference(figure.city, figure.twin)}</span>`}
    </div>
    ${curves(figure.name)}
    <${Tip} figure=${figure} id=${tip} />
  </li>`;
}

/** @param {number | null} value @param {string} code */
const exact = (value, code) => (value === null ? quantity(null, code) : `${Number(value.toFixed(3))} ${t(`unit.${code}`)}`.trim());

/** The last minutes of city and twin as two small curves.
 * @param {string} name */
function curves(name) {
  const lines = history.get(name);
  if (!lines || lines.city.length < 2) return html`<svg class="curve" viewBox="0 0 100 28" aria-hidden="true"></svg>`;
  const known = [...lines.city, ...lines.twin].filter((value) => !Number.isNaN(value));
  const low = Math.min(...known), high = Math.max(...known);
  const path = (/** @type {number[]} */ values) => curve(values, low, high - low || 1);
  return html`<svg class="curve" viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true">
    <path class="curve-twin" d=${path(lines.twin)} /><path class="curve-city" d=${path(lines.city)} />
  </svg>`;
}

/** @param {number[]} values @param {number} low @param {number} range */
function curve(values, low, range) {
  const step = WIDTH / (values.length - 1);
  let pen = "M";
  return values.map((value, i) => {
    if (Number.isNaN(value)) {
      pen = "M";
      return "";
    }
    const point = `${pen}${(i * step).toFixed(1)} ${(HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4)).toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
}
