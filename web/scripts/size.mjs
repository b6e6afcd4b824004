// Says how large the first load is, compressed, and fails when the scripts grow past the bar.
import { readFile, readdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const folder = new URL("../dist/assets/", import.meta.url);
let scripts = 0;
for (const name of (await readdir(folder)).sort()) {
  const bytes = gzipSync(await readFile(new URL(name, folder)), { level: 9 }).length;
  if (name.endsWith(".js")) scripts += bytes;
  console.log(`${name}  ${(bytes / 1000).toFixed(1)} kB compressed`);
}
console.log(`scripts in all: ${(scripts / 1000).toFixed(1)} kB of ${LIMIT_KB} kB`);
if (scripts > LIMIT_KB * 1000) process.exit(1);
