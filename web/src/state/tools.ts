// The tools as they are now; loaded when somebody needs to know.
import { signal } from "@preact/signals";
import * as routes from "../api/routes.ts";
import type { ToolList } from "../api/types.ts";

export const toolList = signal<ToolList | null>(null);

export async function loadTools(): Promise<ToolList> {
  toolList.value = await routes.listTools();
  return toolList.value;
}
