// Copies text and says that it did.
import type { VNode } from "preact";
import { announce, say } from "../state/notices.ts";
import { t } from "../text/index.ts";
import { IconButton } from "./IconButton.tsx";
import type { IconName } from "./Icon.tsx";

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(t("app.copied"));
    announce(t("app.copied"));
  } catch {
    // Without a secure context there is no clipboard; the text can still be selected.
    say(text);
  }
}

export function CopyButton({ text, label, icon = "copy" }: { text: () => string; label: string; icon?: IconName }): VNode {
  return <IconButton icon={icon} label={label} onClick={() => void copy(text())} />;
}
