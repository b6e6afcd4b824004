// How the definition of a tool stands: what it rests on, what differs from what was accepted,
// what is worth a look, and the button for whoever may accept it. Values come from the gateway
// with every character that is not seen written as its escape.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { Pin, Tool } from "../api/types.ts";
import { say, sayError } from "../state/notices.ts";
import { acceptable } from "../state/pins.ts";
import { dateTime } from "../text/format.ts";
import { t } from "../text/index.ts";
import type { TextKey } from "../text/index.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Facts } from "../ui/Facts.tsx";

interface Properties {
  tool: Tool;
  mayAccept: boolean;
  changed: () => void;
}

export function Definition({ tool, mayAccept, changed }: Properties): VNode {
  const { pin } = tool;
  const hash = acceptable(pin);
  return (
    <section class="definition">
      <h3>{t("pins.title")}</h3>
      {pin.reason ? <p class="notice bad">{t(`pins.${pin.reason}` as TextKey)}</p> : null}
      <Facts
        facts={[
          [t("pins.basis"), basis(pin)],
          [t("pins.since"), pin.accepted_at ? dateTime(pin.accepted_at) : ""],
          [t("pins.hash"), pin.hash ? <code class="breaks">{pin.hash}</code> : ""],
        ]}
      />
      <Changes pin={pin} />
      <Flags pin={pin} />
      {hash && mayAccept ? <Accept tool={tool} hash={hash} changed={changed} /> : null}
      {hash && !mayAccept ? <p class="quiet">{t("pins.may_not")}</p> : null}
    </section>
  );
}

function basis(pin: Pin): string {
  return pin.basis ? t(`pins.basis_${pin.basis}` as TextKey, { name: pin.accepted_by ?? "" }) : "";
}

function Changes({ pin }: { pin: Pin }): VNode | null {
  if (pin.changes.length === 0) return null;
  return (
    <>
      <h4>{t("pins.changes")}</h4>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t("pins.changes")}>
        <table class="pin-changes">
          <thead>
            <tr><th scope="col">{t("pins.field")}</th><th scope="col">{t("pins.was")}</th><th scope="col">{t("pins.is")}</th></tr>
          </thead>
          <tbody>
            {pin.changes.map((change) => (
              <tr key={change.pointer}>
                <th scope="row">{change.pointer}</th>
                <td>{change.was ?? t("pins.nothing")}</td>
                <td>{change.is ?? t("pins.nothing")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pin.more_changes > 0 ? <p class="quiet">{t("pins.more", { n: pin.more_changes })}</p> : null}
    </>
  );
}

function Flags({ pin }: { pin: Pin }): VNode | null {
  if (pin.flags.length === 0) return null;
  return (
    <>
      <h4>{t("pins.look")}</h4>
      <ul class="pin-flags">
        {pin.flags.map((flag, index) => (
          <li key={index}>
            {t(`pins.flag_${flag.kind}` as TextKey)}: <code class="breaks">{flag.pointer}</code> <q>{flag.text}</q>
          </li>
        ))}
      </ul>
    </>
  );
}

function Accept({ tool, hash, changed }: { tool: Tool; hash: string; changed: () => void }): VNode {
  const [asking, setAsking] = useState(false);
  const accept = async (): Promise<void> => {
    setAsking(false);
    try {
      await routes.acceptTool(tool.server, tool.tool, hash);
      say(t("pins.accepted", { name: tool.name }));
    } catch (error) {
      sayError(error);
    }
    // Whatever came of it, what is shown may be out of date.
    changed();
  };
  return (
    <>
      <p><button type="button" class="button primary" onClick={() => setAsking(true)}>{t("pins.accept")}</button></p>
      {asking ? (
        <Dialog
          title={t("pins.accept_title")}
          onClose={() => setAsking(false)}
          actions={<><button type="button" class="button" onClick={() => setAsking(false)}>{t("app.cancel")}</button><button type="button" class="button primary" onClick={() => void accept()}>{t("pins.accept")}</button></>}
        >
          <p>{t("pins.accept_text", { name: tool.name })}</p>
        </Dialog>
      ) : null}
    </>
  );
}
