// The parts of a trace about models and time.
import type { VNode } from "preact";
import type { Exchange, Json, Timings } from "../api/types.ts";
import { duration } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { JsonText } from "../ui/Facts.tsx";

export function Exchanges({ exchanges }: { exchanges: Exchange[] }): VNode | null {
  if (exchanges.length === 0) return null;
  return (
    <section>
      <h3>{t("trace.models")}</h3>
      <ol class="exchanges">
        {exchanges.map((exchange, index) => (
          <li key={index}>
            <p class="row">
              <strong>{exchange.step}</strong>
              <span class="quiet">{[exchange.role, modelOf(exchange), duration(exchange.duration_ms)].filter(Boolean).join(" · ")}</span>
            </p>
            {exchange.error ? <p class="notice bad">{named("failure", exchange.error)} <code>{exchange.error}</code></p> : null}
            <p class="quiet">{t("trace.prompt")} <code>{exchange.prompt_digest.slice(0, 16)}</code></p>
            {exchange.answer === null || exchange.answer === undefined ? null : (
              <details>
                <summary>{t("trace.draft_text")}</summary>
                <JsonText value={exchange.answer} label={t("trace.draft_text")} />
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The model's name, as the model server told it. */
function modelOf({ answer }: Exchange): string {
  const said = answer as Json | undefined;
  const name = said !== null && typeof said === "object" && !Array.isArray(said) ? said["model"] : undefined;
  return typeof name === "string" ? name : "";
}

export function Times({ timings }: { timings: Timings }): VNode {
  const parts: [string, number][] = [
    [t("trace.model_time"), timings.model],
    [t("trace.tool_time"), timings.tools],
    [t("trace.own_time"), timings.own],
  ];
  return (
    <section>
      <h3>{t("trace.times")}</h3>
      <table class="times">
        <tbody>
          {parts.map(([name, ms]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td><meter min={0} max={Math.max(timings.total, 0.001)} value={ms} aria-label={name}>{duration(ms)}</meter></td>
              <td class="amount">{duration(ms)}</td>
            </tr>
          ))}
          <tr><th scope="row">{t("trace.total")}</th><td /><td class="amount">{duration(timings.total)}</td></tr>
        </tbody>
      </table>
    </section>
  );
}
