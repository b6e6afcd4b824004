// Times, ages and amounts as people read them.
import { now } from "../state/clock.ts";
import { language } from "../state/settings.ts";
import { t } from "./index.ts";

const LOCALES = { en: "en-GB", nb: "nb-NO" } as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago; counts up while it is on the page. */
export function age(time: string): string {
  const past = Math.max(0, now.value - Date.parse(time));
  if (Number.isNaN(past)) return time;
  if (past < 2 * SECOND) return t("age.now");
  if (past < MINUTE) return t("age.seconds", { n: Math.floor(past / SECOND) });
  if (past < HOUR) return t("age.minutes", { n: Math.floor(past / MINUTE) });
  if (past < 2 * DAY) return t("age.hours", { n: Math.floor(past / HOUR) });
  return t("age.days", { n: Math.floor(past / DAY) });
}

/** Local date and time with the zone, since data comes from many. */
export function dateTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return new Intl.DateTimeFormat(LOCALES[language.value], {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  }).format(date);
}

export function number(value: number): string {
  return new Intl.NumberFormat(LOCALES[language.value], { maximumFractionDigits: 1 }).format(value);
}

export function duration(ms: number): string {
  if (ms < 10) return `${number(ms)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${number(ms / 1_000)} s`;
}

/** The time for today, else the day. */
export function shortTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const today = date.toDateString() === new Date().toDateString();
  const form: Intl.DateTimeFormatOptions = today ? { hour: "2-digit", minute: "2-digit" } : { year: "numeric", month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(LOCALES[language.value], form).format(date);
}
