// @ts-check
// What a person does about an alert, sent to the server; its answer is shown at once.
import { clockTime } from "./format.js";
import { t } from "./i18n.js";
import { operator } from "./preferences.js";
import { takeAlerts, tell } from "./state.js";

/** @import { Alert } from "./records.js" */

/** @param {string} path */
export async function read(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** @param {Alert} alert @param {"acknowledge" | "close"} action @param {string} note */
export async function act(alert, action, note) {
  const path = `/api/alerts/${encodeURIComponent(alert.identifier)}/${action}`;
  const body = JSON.stringify({ by: operator.value.trim() || t("operator.default"), note });
  try {
    const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const answer = await response.json();
    if (!response.ok) return tell(refusal(answer), "bad");
    takeAlerts([answer]);
    return tell(t(`told.${action}`));
  } catch {
    return tell(t("told.unreachable"), "bad");
  }
}

/** @param {any} problem */
function refusal(problem) {
  if (problem.status !== 409) return problem.detail;
  const at = clockTime(Date.parse(problem.when) / 1000);
  return t("told.stale", { state: t(`state.${problem.state}`), who: problem.who, when: at });
}
