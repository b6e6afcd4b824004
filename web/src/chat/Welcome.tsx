// A new conversation: what this is, and questions that the connected tools can answer.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { sendMessage } from "../state/conversation.ts";
import { loadTools, toolList } from "../state/tools.ts";
import { named, t } from "../text/index.ts";
import { AwaitingBanner } from "../views/AwaitingBanner.tsx";

const MOST = 5;

export function Welcome(): VNode {
  useEffect(() => void loadTools().catch(() => undefined), []);
  const servers = toolList.value?.servers ?? [];
  const down = servers.filter((server) => server.state !== "up").map((server) => server.name);
  const groups = new Set(servers.filter((server) => server.state === "up").flatMap((server) => server.groups));
  const questions = [...groups].map((group) => ({ group, question: named("suggest", group) }))
    .filter(({ group, question }) => question !== `suggest.${group}` && question !== group)
    .slice(0, MOST);
  return (
    <div class="welcome">
      <h2>{t("chat.welcome")}</h2>
      <p>{t("chat.welcome_text")}</p>
      {down.length > 0 ? <p class="notice">{t("chat.servers_down", { names: down.join(", ") })}</p> : null}
      <AwaitingBanner list={toolList.value} />
      {questions.length > 0 ? (
        <ul class="suggestions" aria-label={t("chat.suggestions")}>
          {questions.map(({ group, question }) => (
            <li key={group}><button type="button" class="choice" onClick={() => void sendMessage(question)}>{question}</button></li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
