// A conversation as a file. The gateway makes it where it can; otherwise it is made here
// from what the gateway tells.
import * as routes from "../api/routes.ts";
import type { Conversation, WholeConversation, WholeTurn } from "../api/types.ts";
import { download, fileName } from "../ui/download.ts";
import { textOf } from "../json/exact.ts";
import { t } from "../text/index.ts";

export async function exportAs(item: Conversation, format: "markdown" | "json", byGateway: boolean): Promise<void> {
  const name = `${fileName(item.title, "conversation")}.${format === "json" ? "json" : "md"}`;
  if (byGateway) {
    const answer = await routes.exportConversation(item.id, format);
    return download(await answer.blob(), name);
  }
  const whole = await routes.getConversation(item.id);
  const text = format === "json" ? await asJson(whole) : asMarkdown(whole);
  download(new Blob([text], { type: format === "json" ? "application/json" : "text/markdown" }), name);
}

async function asJson(whole: WholeConversation): Promise<string> {
  const turns: WholeTurn[] = [];
  // One after the other: a long conversation must not ask for hundreds of records at once.
  for (const id of new Set(whole.messages.flatMap((message) => message.turn_id ?? []))) turns.push(await routes.getTurn(id, "whole"));
  return textOf({ conversation: whole, turns });
}

export function asMarkdown(whole: WholeConversation): string {
  const parts = whole.messages.map(({ role, content }) =>
    role === "user" ? `## ${t("chat.you")}\n\n${content}` : `## ${t("chat.gateway")}\n\n${content}`,
  );
  return `# ${whole.title}\n\n${parts.join("\n\n")}\n`;
}
