// The fields of an object, one below the other; objects in it are groups that fold.
import type { VNode } from "preact";
import { t } from "../text/index.ts";
import { ArgumentField } from "./ArgumentField.tsx";
import { isTyped } from "./schema.ts";
import type { Field } from "./schema.ts";

interface Properties {
  fields: Field[];
  typed: Record<string, string>;
  change: (path: string, value: string) => void;
}

export function ArgumentFields({ fields, typed, change }: Properties): VNode {
  return (
    <div class="fields">
      {fields.map((field) => (field.kind === "group" ? (
        <FieldGroup key={field.path} field={field} typed={typed} change={change} />
      ) : (
        <ArgumentField key={field.path} field={field} value={typed[field.path] ?? ""} change={(value) => change(field.path, value)} />
      )))}
    </div>
  );
}

function FieldGroup({ field, typed, change }: { field: Field; typed: Record<string, string>; change: Properties["change"] }): VNode {
  return (
    <details class="field-group" open={field.required || isTyped(field, typed)}>
      <summary>
        <code>{field.name}</code>
        {field.required ? <span class="quiet"> {t("tools.required")}</span> : null}
        {field.about ? <span class="quiet"> {field.about}</span> : null}
      </summary>
      <ArgumentFields fields={field.fields} typed={typed} change={change} />
    </details>
  );
}
