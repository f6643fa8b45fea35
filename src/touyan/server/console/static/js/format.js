// @ts-check
// Numbers, units and times as people read them.
import { t } from "./i18n.js";
import { language } from "./preferences.js";

const ZONE = "Asia/Shanghai";
const NOTHING = "–";

/** From each coded unit, the units that people may prefer and from which size on. */
const PEOPLE = /** @type {Record<string, [string, number, number][]>} */ ({
  SEC: [["HUR", 3600, 7200], ["MIN", 60, 120], ["SEC", 1, 0]],
  MTS: [["KMH", 1 / 3.6, 0]],
  MTR: [["KMT", 1000, 2000], ["MTR", 1, 0]],
});

/** The unit in which to show values of a coded unit; the same for all values that stand side by side.
 * @param {string} code @param {(number | null)[]} values */
export function peopleUnit(code, values) {
  const size = Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
  const [shown, factor] = (PEOPLE[code] ?? []).find(([, , from]) => size >= from) ?? [code, 1];
  const counted = code === "C62" && values.every((value) => value === null || Number.isInteger(value));
  return { code: shown, symbol: t(`unit.${shown}`), factor, digits: counted ? 0 : digits(size / factor) };
}

/** @param {number} size */
const digits = (size) => (size >= 1000 ? 0 : size >= 10 ? 1 : 2);

/** @param {number | null} value @param {{ factor: number, digits: number }} unit */
export function number(value, unit) {
  if (value === null || Number.isNaN(value)) return NOTHING;
  const shown = value / unit.factor;
  return new Intl.NumberFormat(language.value, { minimumFractionDigits: unit.digits, maximumFractionDigits: unit.digits }).format(shown);
}

/** A value with its unit.
 * @param {number | null} value @param {string} code */
export function quantity(value, code) {
  const unit = peopleUnit(code, [value]);
  if (Number.isInteger(Number(((value ?? 0) / unit.factor).toFixed(3)))) unit.digits = 0;
  return `${number(value, unit)} ${unit.symbol}`.trim();
}

/** How far the city is from its twin, in per cent with its sign; empty when that says nothing.
 * @param {number | null} city @param {number | null} twin */
export function difference(city, twin) {
  if (city === null || !twin) return "";
  const share = (city - twin) / Math.abs(twin);
  const format = new Intl.NumberFormat(language.value, {
    style: "percent", signDisplay: "exceptZero", minimumFractionDigits: 1, maximumFractionDigits: 1,
  });
  return format.format(share).replace("-", "−");
}

/** @param {number | null} epoch @param {Intl.DateTimeFormatOptions} options */
function when(epoch, options) {
  if (epoch === null) return NOTHING;
  const format = new Intl.DateTimeFormat(language.value, { timeZone: ZONE, hourCycle: "h23", ...options });
  return format.format(new Date(epoch * 1000));
}

/** @param {number | null} epoch */
export const clockTime = (epoch) => when(epoch, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @param {number | null} epoch */
export const calendarDay = (epoch) => when(epoch, { year: "numeric", month: "short", day: "numeric", weekday: "short" });

/** The end of a URN, which is what people call the thing.
 * @param {string} urn */
export const shortName = (urn) => urn.split(":").slice(urn.startsWith("urn:ngsi-ld:") ? 3 : -1).join(":");
