// Where messages are written. What is not sent yet survives a reload.
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { conversationId, openQuestion, running, sendMessage, stop } from "../state/conversation.ts";
import { readDraft, writeDraft } from "../state/settings.ts";
import { loadModels, simulated } from "../state/models.ts";
import { t } from "../text/index.ts";
import { OPEN_QUESTION } from "./Question.tsx";
import { Icon } from "../ui/Icon.tsx";

const TALLEST = 240;

export function Composer(): VNode {
  const id = conversationId.value;
  const [text, setText] = useState(() => readDraft(id));
  const field = useRef<HTMLTextAreaElement>(null);
  const question = openQuestion.value;
  useEffect(() => void loadModels().catch(() => undefined), []);
  useEffect(() => {
    setText(readDraft(id));
    if (!matchMedia("(pointer: coarse)").matches) field.current?.focus({ preventScroll: true });
  }, [id]);
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, TALLEST)}px`;
  }, [text]);
  const changed = (value: string): void => {
    setText(value);
    writeDraft(id, value);
  };
  const submit = async (): Promise<void> => {
    const message = text.trim();
    if (!message || running.value) return;
    changed("");
    await sendMessage(message, null, refused(message));
  };
  /** It is a draft again where it came from, before what was written since. */
  const refused = (message: string) => (from: string): void => {
    const draft = [message, readDraft(from)].filter((part) => part !== "").join("\n");
    writeDraft(from, draft);
    if (from === conversationId.value) setText(draft);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // In the middle of a composition Escape belongs to the input method.
    if (event.key === "Escape" && running.value && !event.isComposing) void stop();
    if (event.key === "ArrowUp" && text === "" && question) {
      event.preventDefault();
      document.querySelector<HTMLElement>(`#${OPEN_QUESTION} button`)?.focus();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <label class="visually-hidden" for="message">{t("chat.message")}</label>
      <textarea
        id="message"
        ref={field}
        rows={1}
        value={text}
        placeholder={t("chat.write")}
        aria-describedby="message-hint"
        onInput={(event) => changed(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {running.value ? (
        <button type="button" class="button round stop" aria-label={t("chat.stop")} title={t("chat.stop")} onClick={() => void stop()}><Icon name="stop" /></button>
      ) : (
        <button type="submit" class="button round primary" aria-label={t("chat.send")} title={t("chat.send")} disabled={text.trim() === ""}><Icon name="send" /></button>
      )}
      <p id="message-hint" class="hint">{t(question ? "chat.hint_question" : "chat.hint")}</p>
      {simulated.value ? <p class="hint simulated">{t("chat.simulated", { model: simulated.value })}</p> : null}
    </form>
  );
}
