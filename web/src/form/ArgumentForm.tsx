// A form for the arguments of a tool, made from its schema; or all of them as JSON.
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Json } from "../api/types.ts";
import { parseExact, textOf } from "../json/exact.ts";
import { t } from "../text/index.ts";
import { ArgumentFields } from "./ArgumentFields.tsx";
import { argumentsOf, fieldsOf } from "./schema.ts";
import type { Field } from "./schema.ts";

interface Properties {
  schema: Json;
  busy: boolean;
  submit: (args: Json) => void;
}

export function ArgumentForm({ schema, busy, submit }: Properties): VNode {
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [whole, setWhole] = useState<string | null>(null);
  const [problems, setProblems] = useState<string[]>([]);
  const send = (event: Event): void => {
    event.preventDefault();
    const { value, problems: found } = whole === null ? readFields(fields, typed) : readWhole(whole);
    setProblems(found);
    if (found.length === 0) submit(value);
  };
  const toJson = (): void => setWhole(textOf(argumentsOf(fields, typed).value));
  return (
    <form class="arguments-form" onSubmit={send} noValidate>
      {whole === null ? (
        <>
          {fields.length === 0 ? <p class="quiet">{t("tools.no_arguments")}</p> : null}
          <ArgumentFields fields={fields} typed={typed} change={(path, value) => setTyped((before) => ({ ...before, [path]: value }))} />
        </>
      ) : (
        <label class="field">
          <span>{t("tools.as_json")}</span>
          <textarea class="code" rows={8} spellcheck={false} value={whole} onInput={(event) => setWhole(event.currentTarget.value)} />
        </label>
      )}
      <div role="alert">{problems.map((problem) => <p key={problem} class="notice bad">{problem}</p>)}</div>
      <div class="row">
        <button type="submit" class="button primary" disabled={busy}>{t(busy ? "tools.running" : "tools.run")}</button>
        <button type="button" class="text-button" onClick={() => (whole === null ? toJson() : setWhole(null))}>{t(whole === null ? "tools.as_json" : "tools.as_form")}</button>
      </div>
    </form>
  );
}

interface Read {
  value: Json;
  problems: string[];
}

function readFields(fields: Field[], typed: Record<string, string>): Read {
  const { value, problems } = argumentsOf(fields, typed);
  return { value, problems: problems.map(({ field, what }) => t(`tools.${what}`, { name: field.path.slice(1).replaceAll("/", ".") })) };
}

function readWhole(text: string): Read {
  try {
    return { value: parseExact(text) as Json, problems: [] };
  } catch {
    return { value: null, problems: [t("tools.bad_json", { name: t("tools.arguments") })] };
  }
}
