// @ts-check
// Puts the page together: feed → state → panels and map.
import { Alerts, chosen } from "./alerts.js";
import { Feed } from "./feed.js";
import { Figures } from "./figures.js";
import { Header, Refusals } from "./header.js";
import { loadCatalogue, t } from "./i18n.js";
import { listenForKeys } from "./keyboard.js";
import { Inspector, Legend, MapTools } from "./legend.js";
import { batch, html, render, useLayoutEffect, useRef } from "./lib.js";
import { CityMap } from "./map/city_map.js";
import { language } from "./preferences.js";
import { about, age, connection, filter, listOf, moment, notice, selected, takeAlerts, takeFigures } from "./state.js";

/** @import { Alert } from "./records.js" */

/** @type {CityMap | null} */
let map = null;

const topics = /** @type {Record<string, (content: any) => void>} */ ({
  about: (content) => {
    about.value = content;
    void map?.open(content);
  },
  alerts: (content) => {
    takeAlerts(content.alerts, content.all);
    if (content.all) showAddressed();
  },
  figures: (content) => {
    takeFigures(content.figures);
    moment.value = { at: content.at, beat: content.beat, state: content.state };
  },
  live: (content) => map?.takeLive(content.layers),
});

/** An address may name an alert that the present filter does not list. */
function showAddressed() {
  const alert = chosen();
  if (alert) filter.value = listOf(alert);
}

/** @param {Alert} alert */
const focus = (alert) => map?.focus(alert.location);

function Page() {
  const holder = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    if (holder.current) map = new CityMap(holder.current);
    if (about.value) void map?.open(about.value);
  }, []);
  return html`<${Header} /><${Refusals} />
    <main class="room">
      <div class="map-frame">
        <div class="map" ref=${holder} role="region" aria-label=${t("map.title")}></div>
        <${MapTools} map=${() => map} /><${Legend} /><${Inspector} map=${() => map} />
      </div>
      <div class=${selected.value ? "side acting" : "side"}><${Figures} /><${Alerts} focus=${focus} /></div>
    </main>
    <${Notice} />`;
}

const Notice = () => html`<p class="notice ${notice.value.tone} ${notice.value.text ? "shown" : ""}" role="status">${notice.value.text}</p>`;

await loadCatalogue(language.value);
render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("console")));
listenForKeys(focus);
new Feed({
  message: (content) => batch(() => topics[content.topic]?.(content)),
  frame: (data) => map?.takeFrame(data),
  condition: (state, seconds) => {
    batch(() => {
      connection.value = state;
      age.value = Math.floor(seconds);
    });
  },
});
