// @ts-check
// The one door to the third-party modules of the page.
import htm from "../../vendor/htm.mjs";
import { h } from "../../vendor/preact.mjs";

export { render } from "../../vendor/preact.mjs";
export { useEffect, useLayoutEffect, useRef } from "../../vendor/preact-hooks.mjs";
export { batch, computed, effect, signal } from "../../vendor/signals.mjs";

export const html = htm.bind(h);
export const base = document.documentElement.dataset.base ?? "";
