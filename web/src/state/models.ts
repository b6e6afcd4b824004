// The model profiles, as far as the chat shows them; loaded once.
import { computed, signal } from "@preact/signals";
import * as routes from "../api/routes.ts";
import type { ModelProfile } from "../api/types.ts";

const SIMULATED = "sim/";

const profiles = signal<ModelProfile[]>([]);

/** The simulated model that writes the answers, if one does. */
export const simulated = computed<string>(() => {
  const writer = profiles.value.find(({ roles }) => roles.includes("draft"));
  return writer?.model.startsWith(SIMULATED) ? writer.model : "";
});

export async function loadModels(): Promise<void> {
  if (profiles.value.length === 0) profiles.value = (await routes.listModels()).items;
}
