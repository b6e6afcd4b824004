// Makes src/api/schema.d.ts from an OpenAPI document. The document is committed beside it,
// so a build needs no running gateway.
//   npm run types                              from the committed document
//   npm run types -- http://127.0.0.1:8080     fetches /openapi.json there first
//   npm run types -- path/to/openapi.json      takes that file first
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";

const DOCUMENT = "src/api/openapi.json";
const TYPES = "src/api/schema.d.ts";

async function read(source) {
  if (!/^https?:/.test(source)) return JSON.parse(await readFile(source, "utf8"));
  const answer = await fetch(new URL("/openapi.json", source));
  if (!answer.ok) throw new Error(`${source} answered ${answer.status}`);
  return answer.json();
}

const source = process.argv[2];
if (source) await writeFile(DOCUMENT, `${JSON.stringify(await read(source), null, 1)}\n`);

// It wants TypeScript 5, the portal is on 7; so it lives outside the portal's own packages.
execFileSync("npx", ["--yes", "-p", "openapi-typescript@7.13.0", "-p", "typescript@5.9.3", "openapi-typescript", DOCUMENT, "-o", TYPES], {
  stdio: "inherit",
});
