// One way to the gateway: adds the token, turns refusals into ApiError. Knows no route.
import { signal } from "@preact/signals";
import { shortTextOf } from "../json/exact.ts";

const TOKEN_KEY = "groundwire.token";

/** The API token, kept for this tab only. */
export const token = signal<string>(sessionStorage.getItem(TOKEN_KEY) ?? "");
/** Set when the gateway asks for a token; the shell then shows the sign-in. */
export const tokenWanted = signal<boolean>(false);

export function useToken(value: string): void {
  token.value = value;
  if (value) sessionStorage.setItem(TOKEN_KEY, value);
  else sessionStorage.removeItem(TOKEN_KEY);
  tokenWanted.value = false;
}

/** A refusal of the gateway, or no answer at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;

  constructor(status: number, code: string, message: string, requestId = "") {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }

  /** The gateway does not have this route. */
  get isMissingRoute(): boolean {
    return this.status === 404 && (this.code === "route_not_found" || this.code === "route_not_built" || this.code === "");
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

export interface Send {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends a request; anything but success is thrown as ApiError. */
export async function send(path: string, { method = "GET", body, headers = {}, signal }: Send = {}): Promise<Response> {
  const all: Record<string, string> = { accept: "application/json", ...headers };
  if (body !== undefined) all["content-type"] = "application/json";
  if (token.value) all["authorization"] = `Bearer ${token.value}`;
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: all,
      ...(body === undefined ? {} : { body: shortTextOf(body) }),
      ...(signal ? { signal } : {}),
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "offline", "");
  }
  if (answer.ok) return answer;
  throw await refusal(answer);
}

/** Sends a request and reads its JSON. */
export async function json<Answer>(path: string, options?: Send): Promise<Answer> {
  const answer = await send(path, options);
  return (await answer.json()) as Answer;
}

async function refusal(answer: Response): Promise<ApiError> {
  let code = "";
  let message = "";
  try {
    const body = (await answer.json()) as { error?: { code?: string; message?: string } };
    code = body.error?.code ?? "";
    message = body.error?.message ?? "";
  } catch {
    // Not ours: a proxy's page, say. The status alone has to do.
  }
  if (answer.status === 401) tokenWanted.value = true;
  return new ApiError(answer.status, code, message, answer.headers.get("x-request-id") ?? "");
}
