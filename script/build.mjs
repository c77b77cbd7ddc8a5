// Bundles static/css/app.css and static/js/app.js into static/dist, with the fonts they use as files.
// The same input gives the same bytes: no dates, no paths. Run by script/setup and `npm run build`.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outdir = join(root, "static/dist");

const result = await build({
  absWorkingDir: root,
  entryPoints: ["static/css/app.css", "static/js/app.js"],
  entryNames: "[name]",
  assetNames: "fonts/[name]-[hash]",
  outdir,
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  legalComments: "linked",
  target: ["chrome109", "firefox115", "safari16.4"],
  loader: { ".woff2": "file", ".woff": "empty", ".svg": "file" },
  logLevel: "warning",
}).catch(() => process.exit(1)); // esbuild has already said what is wrong and where

// Only after everything was built: a failed build leaves the last good one in place.
await rm(outdir, { recursive: true, force: true });
for (const file of result.outputFiles) {
  await mkdir(dirname(file.path), { recursive: true });
  await writeFile(file.path, file.contents);
  const kilobytes = (size) => (size / 1024).toFixed(1).padStart(7) + " kB";
  if (/\.(css|js)$/.test(file.path)) {
    console.log(
      `${relative(root, file.path).padEnd(28)}${kilobytes(file.contents.length)}` +
        `${kilobytes(gzipSync(file.contents).length)} gzipped`,
    );
  }
}
