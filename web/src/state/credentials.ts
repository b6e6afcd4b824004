// The user's own credentials for servers. The view is offered where a server takes any.
import { computed, signal } from "@preact/signals";
import * as routes from "../api/routes.ts";
import type { Credential } from "../api/types.ts";

const credentials = signal<Credential[]>([]);

/** Whether any server takes a credential of each user. */
export const takesCredentials = computed<boolean>(() => credentials.value.length > 0);

export async function loadCredentials(): Promise<{ items: Credential[] }> {
  const page = await routes.listCredentials();
  credentials.value = page.items;
  return page;
}

/** The same in the background: without an answer the view is not offered. */
export async function lookForCredentials(): Promise<void> {
  try {
    await loadCredentials();
  } catch {
    // The view itself says more, to whoever opens it by its address.
  }
}
