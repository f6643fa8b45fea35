// @ts-check
// Single keys for the alert inbox; silent while somebody types.
import { actOnChosen, chosen, step } from "./alerts.js";

/** @import { Alert } from "./records.js" */

/** @param {(alert: Alert) => void} focus */
export function listenForKeys(focus) {
  const keys = /** @type {Record<string, () => void>} */ ({
    j: () => step(1),
    k: () => step(-1),
    a: () => void actOnChosen("acknowledge"),
    c: () => void actOnChosen("close"),
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const alert = chosen();
    const onRow = event.target instanceof Element && event.target.closest(".alert-row");
    if (event.key === "Enter" && alert && (onRow || event.target === document.body)) {
      event.preventDefault();
      focus(alert);
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
}

/** @param {EventTarget | null} target */
const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
