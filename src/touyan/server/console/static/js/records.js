// @ts-check
// The shapes that the server sends; see /api and the feed's description.

/** @typedef {{ en: string, zh: string }} Text */
/** @typedef {{ longitude: number, latitude: number, metres_per_degree: [number, number] }} Projection */
/**
 * @typedef {{ version: string, city: Text, simulated: boolean, controller: string, mode: string, speed: number,
 *   started_at: number, projection: Projection, packs: string[], refused: string[], twin: string | null }} About
 */
/**
 * @typedef {{ name: string, title: Text, unit_code: string, city: number | null, twin: number | null,
 *   method: Text, origin: string }} Figure
 */
/** @typedef {{ state: string, by: string, at: number, note: string }} AlertStep */
/**
 * @typedef {{ quantity: string, value: number | null, threshold: number, unit_code: string, since: number,
 *   detector: string }} Evidence
 */
/**
 * @typedef {{ identifier: string, rule: string, entity: string, event: Text, headline: Text, description: Text,
 *   severity: string, sent: number, evidence: Evidence, log: AlertStep[], status: string, ended: number | null,
 *   location: [number, number] | null, state: string, count: number, members: number, muted: string }} Alert
 */
/** @typedef {{ name: string, pack: string, title: Text, full: number, unit_code: string }} LayerInfo */
/** @typedef {{ at: number | null, beat: number | null, state: string }} Moment */
/** @typedef {{ id?: string | number, geometry: any, properties: Record<string, any> | null }} Feature */

export {};
