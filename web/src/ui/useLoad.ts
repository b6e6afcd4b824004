// Loads something once for a view: the data, or why it is not there.
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client.ts";
import { words } from "../state/notices.ts";

export type Loaded<Data> =
  | { state: "loading" }
  | { state: "ready"; data: Data }
  | { state: "missing" }
  | { state: "failed"; why: string };

export function useLoad<Data>(load: () => Promise<Data>, key: string): [Loaded<Data>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<Data>>({ state: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (data) => current && setLoaded({ state: "ready", data }),
      (error: unknown) => {
        if (!current) return;
        const missing = error instanceof ApiError && error.isMissingRoute;
        setLoaded(missing ? { state: "missing" } : { state: "failed", why: words(error) });
      },
    );
    return () => {
      current = false;
    };
    // The loader is made anew with each drawing; its key says when it means something else.
  }, [key, round]);
  return [loaded, useCallback(() => setRound((before) => before + 1), [])];
}
