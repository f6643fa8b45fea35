// @ts-check
// What this browser remembers: language, theme, who signs.
import { effect, signal } from "./lib.js";

const root = document.documentElement;

export const language = signal(root.lang === "zh" ? "zh" : "en");
/** "dark", "light" or "" for what the system prefers */
export const theme = signal(root.dataset.theme ?? "");
export const operator = signal(localStorage.getItem("touyan.operator") ?? "");

const systemLight = matchMedia("(prefers-color-scheme: light)");
const systemIsLight = signal(systemLight.matches);
systemLight.addEventListener("change", (event) => (systemIsLight.value = event.matches));

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
/** Whether the person asked for little motion. */
export const calm = () => reduced.matches;

/** The theme in force, whoever chose it. */
export const shownTheme = () => theme.value || (systemIsLight.value ? "light" : "dark");

effect(() => {
  root.lang = language.value;
});
effect(() => {
  if (theme.value) root.dataset.theme = theme.value;
});

/** @param {string} chosen */
export function chooseLanguage(chosen) {
  localStorage.setItem("touyan.language", chosen);
  // A language in the address was for the first visit; the person's own choice outlives it.
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  language.value = chosen;
}

/** @param {string} chosen */
export function chooseTheme(chosen) {
  localStorage.setItem("touyan.theme", chosen);
  theme.value = chosen;
}

/** @param {string} name */
export function signAs(name) {
  localStorage.setItem("touyan.operator", name);
  operator.value = name;
}
