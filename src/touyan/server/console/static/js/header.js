// @ts-check
// The head of the page: which city, what time, how old the data, in which language.
import { calendarDay, clockTime } from "./format.js";
import { say, t } from "./i18n.js";
import { goose, icon } from "./icons.js";
import { html } from "./lib.js";
import { chooseLanguage, chooseTheme, language, shownTheme } from "./preferences.js";
import { about, age, connection, moment } from "./state.js";

export function Header() {
  const city = about.value;
  return html`<header class="head">
    <div class="brand">${goose()}<h1>${t("brand")}</h1></div>
    <div class="city">
      <strong title=${city && say(city.city)}>${city && say(city.city)}</strong>
      ${city?.simulated && html`<span class="badge" title=${t("simulated.why")}>${t("simulated")}</span>`}
    </div>
    <dl class="facts">
      ${fact("head.controller", city?.controller)} ${fact("head.twin", city?.twin)}
      ${fact("head.mode", city && t(`mode.${city.mode}`))} ${fact("head.speed", city && t("head.times", { speed: city.speed }))}
    </dl>
    <${Connection} />
    <time class="clock"><span class="day">${calendarDay(moment.value.at)}</span><span class="hour">${clockTime(moment.value.at)}</span></time>
    <div class="switches">
      <button type="button" class="switch" onClick=${() => chooseLanguage(language.value === "zh" ? "en" : "zh")}
        lang=${language.value === "zh" ? "en" : "zh"}>${language.value === "zh" ? "English" : "中文"}</button>
      <button type="button" class="switch square" aria-label=${t("head.theme")} title=${t("head.theme")}
        onClick=${() => chooseTheme(shownTheme() === "dark" ? "light" : "dark")}>${icon(shownTheme() === "dark" ? "sun" : "moon")}</button>
    </div>
  </header>`;
}

/** @param {string} key @param {string | null | undefined} value */
const fact = (key, value) => value && html`<div><dt>${t(key)}</dt><dd>${value}</dd></div>`;

/** How fresh the data are, in words. */
function Connection() {
  const state = connection.value;
  const old = state === "delayed" || state === "offline";
  return html`<p class="connection ${state}" role="status">
    <span class="dot" aria-hidden="true"></span>${t(`connection.${state}`)}
    ${old && html`<span class="age">${t("connection.age", { seconds: Math.round(age.value) })}</span>`}
  </p>`;
}

/** What the brain had to leave out. */
export function Refusals() {
  const refused = about.value?.refused ?? [];
  return refused.length > 0 && html`<p class="refusals" role="alert">${t("head.refused", { packs: refused.join(", ") })}</p>`;
}

