// Copies the third-party modules that package.json pins into the package data of the console.
//
// Browsers cannot resolve bare imports without an inline import map, which the content security policy forbids;
// so bare imports become relative paths here. Every file also gets a .gz twin, which the server prefers.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const vendor = join(root, "src/touyan/server/console/vendor");

/** What is copied: file in node_modules → name in vendor. MapLibre finds its worker beside itself. */
const FILES = {
  "preact/dist/preact.mjs": "preact.mjs",
  "preact/hooks/dist/hooks.mjs": "preact-hooks.mjs",
  "@preact/signals-core/dist/signals-core.mjs": "signals-core.mjs",
  "@preact/signals/dist/signals.mjs": "signals.mjs",
  "htm/dist/htm.mjs": "htm.mjs",
  "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
  "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
  "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
};

/** Types for checking our own modules against the packages; not served. */
const TYPES = {
  "preact.d.mts": 'export * from "preact";',
  "preact-hooks.d.mts": 'export * from "preact/hooks";',
  "signals-core.d.mts": 'export * from "@preact/signals-core";',
  "signals.d.mts": 'export * from "@preact/signals";',
  "htm.d.mts": 'export { default } from "htm";',
  "maplibre-gl.d.mts": 'export * from "maplibre-gl";',
};

/** The licence of each package travels with its code. */
const LICENCES = {
  "preact/LICENSE": "preact",
  "@preact/signals-core/LICENSE": "signals-core",
  "@preact/signals/LICENSE": "signals",
  "htm/LICENSE": "htm",
  "maplibre-gl/LICENSE.txt": "maplibre-gl",
};

const BARE = {
  preact: "./preact.mjs",
  "preact/hooks": "./preact-hooks.mjs",
  "@preact/signals-core": "./signals-core.mjs",
  htm: "./htm.mjs",
};

/** The module with bare imports made relative and without the pointer to a source map that is not shipped. */
function adapted(text) {
  const relative = text.replace(/\b(from|import) ?"([^"./][^"]*)"/g, (whole, word, name) =>
    name in BARE ? `${word}"${BARE[name]}"` : whole,
  );
  return relative.replace(/\n?(\/\/|\/\*)# sourceMappingURL=[^\n]*/g, "");
}

rmSync(vendor, { recursive: true, force: true });
mkdirSync(join(vendor, "licences"), { recursive: true });
for (const [source, name] of Object.entries(FILES)) {
  const text = adapted(readFileSync(join(modules, source), "utf8"));
  writeFileSync(join(vendor, name), text);
  writeFileSync(join(vendor, `${name}.gz`), gzipSync(text, { level: 9 }));
}
for (const [source, name] of Object.entries(LICENCES)) {
  copyFileSync(join(modules, source), join(vendor, "licences", `${name}.txt`));
}
for (const [name, text] of Object.entries(TYPES)) writeFileSync(join(vendor, name), `${text}\n`);
