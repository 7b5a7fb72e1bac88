import type { Lang } from "./url.ts";

const LOCALES: Record<Lang, string> = { vi: "vi-VN", en: "en-GB" };

/** Whole number with separators. */
export function count(value: number, lang: Lang): string {
  return new Intl.NumberFormat(LOCALES[lang]).format(value);
}

/** Area in m² with one decimal, as on certificates. */
export function area(value_m2: number, lang: Lang): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${new Intl.NumberFormat(LOCALES[lang], digits).format(value_m2)} m²`;
}

/** Difference of two areas in per cent of the second, signed; empty when below 0.05 %. */
export function difference(value_m2: number, reference_m2: number, lang: Lang): string {
  const share = (value_m2 - reference_m2) / reference_m2;
  if (!Number.isFinite(share) || Math.abs(share) < 0.0005) return "";
  const format = { style: "percent", signDisplay: "always", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(LOCALES[lang], format).format(share);
}

/** A share 0…1 in per cent. */
export function percent(share: number, lang: Lang): string {
  return new Intl.NumberFormat(LOCALES[lang], { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** A date `2025-06-15` or a moment in words of the language; what is not a date stays as it is. */
export function day(text: string, lang: Lang): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const timeZone = text.length > 10 ? "Asia/Ho_Chi_Minh" : "UTC";
  return new Intl.DateTimeFormat(LOCALES[lang], { day: "2-digit", month: "2-digit", year: "numeric", timeZone }).format(
    date,
  );
}

/** Area in hectares, whole ones above a hundred. */
export function hectares(value_m2: number, lang: Lang): string {
  const value_ha = value_m2 / 10_000;
  return `${new Intl.NumberFormat(LOCALES[lang], { maximumFractionDigits: value_ha < 100 ? 1 : 0 }).format(value_ha)} ha`;
}

/** Length or coordinate in metres with two decimals, without the unit. */
export function metres(value_m: number, lang: Lang): string {
  return new Intl.NumberFormat(LOCALES[lang], { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value_m);
}
