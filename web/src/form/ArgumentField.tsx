// One argument: a field of the kind that its schema asks for.
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { t } from "../text/index.ts";
import { chosen } from "./schema.ts";
import type { Field } from "./schema.ts";

interface Properties {
  field: Field;
  value: string;
  change: (value: string) => void;
}

export function ArgumentField({ field, value, change }: Properties): VNode {
  return field.kind === "choices" ? <Choices field={field} value={value} change={change} /> : <OneField field={field} value={value} change={change} />;
}

function OneField({ field, value, change }: Properties): VNode {
  const id = useId();
  const about = `${id}-about`;
  return (
    <div class="field">
      <label for={id}>
        <code>{field.name}</code>
        {field.required ? <span class="quiet"> {t("tools.required")}</span> : null}
        {field.kind === "json" ? <span class="quiet"> {t("tools.json")}</span> : null}
      </label>
      <Input id={id} about={field.about ? about : ""} field={field} value={value} change={change} />
      {field.about ? <p id={about} class="quiet">{field.about}</p> : null}
    </div>
  );
}

/** Several of a fixed list, as boxes that are ticked. */
function Choices({ field, value, change }: Properties): VNode {
  const ticked = chosen(value);
  const toggle = (choice: string): void => change((ticked.includes(choice) ? ticked.filter((one) => one !== choice) : [...ticked, choice]).join("\n"));
  return (
    <fieldset class="field choices-field">
      <legend>
        <code>{field.name}</code>
        {field.required ? <span class="quiet"> {t("tools.required")}</span> : null}
        {field.about ? <span class="quiet"> {field.about}</span> : null}
      </legend>
      <div class="ticks">
        {field.choices.map(String).map((choice) => (
          <label key={choice} class="tick"><input type="checkbox" checked={ticked.includes(choice)} onChange={() => toggle(choice)} /> {choice}</label>
        ))}
      </div>
    </fieldset>
  );
}

function Input({ id, about, field, value, change }: Properties & { id: string; about: string }): VNode {
  const common = { id, required: field.required, ...(about ? { "aria-describedby": about } : {}) };
  switch (field.kind) {
    case "boolean":
    case "choice": {
      const choices = field.kind === "boolean" ? [["true", t("app.yes")], ["false", t("app.no")]] as const : field.choices.map((choice) => [String(choice), String(choice)] as const);
      return (
        <select {...common} value={value} onChange={(event) => change(event.currentTarget.value)}>
          <option value="">{t("tools.unset")}</option>
          {choices.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
        </select>
      );
    }
    case "json":
    case "list":
      return <textarea {...common} class="code" rows={field.kind === "json" ? 4 : 2} spellcheck={false} value={value} onInput={(event) => change(event.currentTarget.value)} />;
    default:
      return <input {...common} type="text" inputMode={field.kind === "text" ? "text" : "decimal"} value={value} autocomplete="off" onInput={(event) => change(event.currentTarget.value)} />;
  }
}
