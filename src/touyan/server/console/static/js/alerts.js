// @ts-check
// The alert inbox: what happened, on what evidence, who took it on.
import { act } from "./api.js";
import { clockTime, quantity, shortName } from "./format.js";
import { say, t } from "./i18n.js";
import { icon, severityShape } from "./icons.js";
import { html, useEffect, useRef } from "./lib.js";
import { operator, signAs } from "./preferences.js";
import { alerts, counts, filter, listed, listOf, selected, STATES } from "./state.js";

/** @import { Alert } from "./records.js" */

/** @param {{ focus: (alert: Alert) => void }} props */
export function Alerts({ focus }) {
  return html`<section class="panel alerts" aria-labelledby="alerts-title">
    <div class="alerts-head">
      <h2 id="alerts-title">${t("alerts.title")}</h2>
      <label class="signature">${t("alerts.sign")}
        <input value=${operator.value} maxlength="60" placeholder=${t("operator.default")} autocomplete="off"
          onInput=${(/** @type {any} */ event) => signAs(event.target.value)} /></label>
    </div>
    <div class="filters" role="group" aria-label=${t("alerts.filter")}>
      ${STATES.map((state) => html`<button type="button" key=${state} aria-pressed=${String(filter.value === state)} data-filter=${state}
        onClick=${() => (filter.value = state)}>${t(`state.${state}`)} <span class="count">${counts.value[state]}</span></button>`)}
    </div>
    ${listed.value.length === 0 && html`<p class="empty">${t(`alerts.none.${filter.value}`)}</p>`}
    <ul class="alert-list">${listed.value.map((alert) => html`<${Row} key=${alert.identifier} alert=${alert} focus=${focus} />`)}</ul>
    <p class="keys" aria-hidden="true">${["j", "k", "a", "c", "Enter"].map((key) => html`<span key=${key}><kbd>${key}</kbd>${t(`key.${key}`)}</span>`)}</p>
  </section>`;
}

/** @param {{ alert: Alert, focus: (alert: Alert) => void }} props */
function Row({ alert, focus }) {
  const open = selected.value === alert.identifier;
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (open) row.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  return html`<li class="alert ${alert.severity.toLowerCase()}" ref=${row} data-alert=${alert.identifier} data-state=${alert.state}>
    <button type="button" class="alert-row" aria-expanded=${String(open)} onClick=${() => (selected.value = open ? null : alert.identifier)}>
      ${severityShape(alert.severity)}
      <span class="alert-words"><span class="alert-event">${say(alert.event)}<span class="alert-severity">${t(`severity.${alert.severity}`)}</span>
          ${alert.ended !== null && html`<span class="passed">${t("alerts.passed")}</span>`}
          ${alert.muted && html`<span class="passed">${t("alerts.muted", { by: alert.muted })}</span>`}</span>
        <span class="alert-headline">${say(alert.headline)}</span></span>
      <time>${clockTime(alert.sent)}</time>
    </button>
    ${open && html`<${Detail} alert=${alert} focus=${focus} />`}
  </li>`;
}

/** @param {{ alert: Alert, focus: (alert: Alert) => void }} props */
function Detail({ alert, focus }) {
  const note = useRef(/** @type {HTMLInputElement | null} */ (null));
  const send = (/** @type {"acknowledge" | "close"} */ action) => act(alert, action, note.current?.value ?? "");
  const { evidence } = alert;
  return html`<div class="detail">
    <p>${say(alert.description)}</p>
    <dl class="evidence">
      ${pair("evidence.what", evidence.quantity)} ${pair("evidence.value", quantity(evidence.value, evidence.unit_code))}
      ${pair("evidence.threshold", quantity(evidence.threshold, evidence.unit_code))} ${pair("evidence.since", clockTime(evidence.since))}
      ${pair("evidence.detector", evidence.detector)} ${pair("evidence.rule", alert.rule)} ${pair("evidence.entity", shortName(alert.entity))}
      ${alert.count > 1 && pair("evidence.raw", t("evidence.raw.told", { count: alert.count, members: alert.members }))}
      ${alert.ended !== null && pair("evidence.ended", clockTime(alert.ended))}
    </dl>
    <h3>${t("alerts.log")}</h3>
    <ol class="log">${alert.log.map((step, i) => html`<li key=${i}><time>${clockTime(step.at)}</time>
      <span>${t(`state.${step.state}`)}, ${step.by}${step.note && html`<q>${step.note}</q>`}</span></li>`)}</ol>
    ${alert.state !== "closed" && html`<input class="note" ref=${note} maxlength="500" aria-label=${t("alerts.note")} placeholder=${t("alerts.note")} />`}
    <div class="actions">
      ${listOf(alert) === "open" && html`<button type="button" class="primary" data-action="acknowledge" onClick=${() => send("acknowledge")}>${t("alerts.acknowledge")}</button>`}
      ${alert.state !== "closed" && html`<button type="button" data-action="close" onClick=${() => send("close")}>${t("alerts.close")}</button>`}
      ${alert.location && html`<button type="button" class="quiet" onClick=${() => focus(alert)}>${icon("target")}${t("alerts.show")}</button>`}
    </div>
  </div>`;
}

/** @param {string} key @param {string} value */
const pair = (key, value) => html`<div><dt>${t(key)}</dt><dd>${value}</dd></div>`;

/** Choose the next or previous alert of the list, and put the focus on it.
 * @param {number} step */
export function step(step) {
  const list = listed.value;
  if (list.length === 0) return;
  const now = list.findIndex((alert) => alert.identifier === selected.value);
  const next = now < 0 ? (step > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, now + step));
  selected.value = list[next].identifier;
  requestAnimationFrame(() => {
    const row = document.querySelector(`[data-alert="${CSS.escape(list[next].identifier)}"] .alert-row`);
    if (row instanceof HTMLElement) row.focus();
  });
}

/** The chosen alert; undefined when there is none. */
export const chosen = () => alerts.value.get(selected.value ?? "");

/** Act on the chosen alert with the note that stands in its field, then go on to the next of the list.
 * @param {"acknowledge" | "close"} action */
export async function actOnChosen(action) {
  const alert = chosen();
  if (!alert) return;
  const list = listed.value;
  const next = list[list.findIndex((other) => other.identifier === alert.identifier) + 1];
  const field = document.querySelector(".alert .note");
  await act(alert, action, field instanceof HTMLInputElement ? field.value : "");
  const now = chosen();
  if (!now || listOf(now) !== filter.value) selected.value = next?.identifier ?? null;
}

