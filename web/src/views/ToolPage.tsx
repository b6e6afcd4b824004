// One tool: what it says about itself, its schema, and a form to try it where it only reads.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { offers } from "../api/capabilities.ts";
import * as routes from "../api/routes.ts";
import type { Json, Tool, ToolAnswer } from "../api/types.ts";
import { ResultContent } from "../json/ResultContent.tsx";
import { words } from "../state/notices.ts";
import { named, t } from "../text/index.ts";
import { Age } from "../ui/Age.tsx";
import { Badge, callTone } from "../ui/Badge.tsx";
import { JsonText } from "../ui/Facts.tsx";
import { Definition } from "./Definition.tsx";
import { StateBadge } from "./Tools.tsx";
import { ArgumentForm } from "../form/ArgumentForm.tsx";

const TRY_ROUTE = "/api/tools/{server}/{tool}/try";

export function ToolPage({ tool, mayAccept, changed }: { tool: Tool; mayAccept: boolean; changed: () => void }): VNode {
  return (
    <article class="tool-page">
      <h2 class="row">{tool.tool} <StateBadge state={tool.state} /></h2>
      <p class="row">
        <span class="quiet">{tool.server}</span>
        <Badge tone={tool.annotations.readOnlyHint ? "good" : "warn"}>{t(tool.annotations.readOnlyHint ? "tools.read_only" : "tools.changes")}</Badge>
      </p>
      <p class="description">{tool.description}</p>
      <Definition tool={tool} mayAccept={mayAccept} changed={changed} />
      <h3>{t("tools.try")}</h3>
      <Try tool={tool} />
      <details>
        <summary>{t("tools.schema")}</summary>
        <JsonText value={tool.input_schema} label={t("tools.schema")} />
      </details>
      {tool.output_schema ? (
        <details>
          <summary>{t("tools.output_schema")}</summary>
          <JsonText value={tool.output_schema} label={t("tools.output_schema")} />
        </details>
      ) : null}
    </article>
  );
}

function Try({ tool }: { tool: Tool }): VNode {
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState<ToolAnswer | null>(null);
  const [problem, setProblem] = useState("");
  if (tool.pin.state === "quarantined") return <p class="notice">{t("pins.no_try")}</p>;
  if (!tool.annotations.readOnlyHint) return <p class="notice">{t("tools.no_try")}</p>;
  if (!offers(TRY_ROUTE, "post")) return <p class="notice">{t("view.missing_text", { route: TRY_ROUTE })}</p>;
  const call = async (args: Json): Promise<void> => {
    setRunning(true);
    setProblem("");
    try {
      setResult(await routes.tryTool(tool.server, tool.tool, args));
    } catch (error) {
      setResult(null);
      setProblem(words(error));
    } finally {
      setRunning(false);
    }
  };
  return (
    <>
      <ArgumentForm schema={tool.input_schema as Json} busy={running} submit={(args) => void call(args)} />
      <div aria-live="polite">{problem ? <p class="notice bad">{problem}</p> : null}</div>
      {result ? <Answer result={result} /> : null}
    </>
  );
}

function Answer({ result }: { result: ToolAnswer }): VNode {
  const [selected, setSelected] = useState("");
  return (
    <section class="try-answer" aria-label={t("tools.answer")}>
      <p class="row"><strong>{t("tools.answer")}</strong> <Badge tone={callTone(result.outcome)}>{named("call", result.outcome)}</Badge> <Age time={result.observed_at} /></p>
      {result.error ? <p class="notice bad">{result.error}</p> : null}
      <ResultContent content={result.content as Json} wanted={null} selected={selected} select={setSelected} uses={new Map()} />
    </section>
  );
}
