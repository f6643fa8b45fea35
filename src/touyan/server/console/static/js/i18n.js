// @ts-check
// Words in the language of the person; catalogues live in i18n/<language>.json with equal keys.
import { base, effect, signal } from "./lib.js";
import { language } from "./preferences.js";

/** @import { Text } from "./records.js" */

/** @type {Record<string, Record<string, string>>} */
const loaded = {};
/** @type {import("../../vendor/signals.mjs").Signal<Record<string, string>>} */
const catalogue = signal({});

/** Load the catalogue of a language; the page keeps its old words until then.
 * @param {string} name */
export async function loadCatalogue(name) {
  loaded[name] ??= await (await fetch(`${base}/static/i18n/${name}.json`)).json();
  if (language.value === name) catalogue.value = loaded[name];
}

effect(() => {
  void loadCatalogue(language.value);
});

effect(() => {
  document.title = catalogue.value["page.title"] ?? document.title;
});

/** The words of a key, with {placeholders} filled in.
 * @param {string} key @param {Record<string, string | number>} values */
export function t(key, values = {}) {
  const words = catalogue.value[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** A text of the server in the language of the person.
 * @param {Text} text */
export const say = (text) => (language.value === "zh" ? text.zh : text.en);
