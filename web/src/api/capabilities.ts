// What this gateway can do, read from its OpenAPI document. Older and newer gateways serve
// the same portal; what one cannot do is said in plain words and not shown as broken.
import { signal } from "@preact/signals";
import { json } from "./client.ts";

interface Document {
  paths?: Record<string, Record<string, unknown>>;
  components?: { schemas?: Record<string, { properties?: Record<string, unknown> }> };
}

const document = signal<Document | null>(null);

export async function loadCapabilities(): Promise<void> {
  try {
    document.value = await json<Document>("/openapi.json");
  } catch {
    // Then every route counts as there, and its own answer says more.
  }
}

/** Whether the gateway documents this route; yes as long as nothing is known. */
export function offers(path: string, method: string): boolean {
  const paths = document.value?.paths;
  return !paths || paths[path]?.[method] !== undefined;
}

/** Whether a turn can take the place of an earlier one. */
export function canReplace(): boolean {
  const schemas = document.value?.components?.schemas;
  return !schemas || schemas["NewTurn"]?.properties?.["replaces"] !== undefined;
}
