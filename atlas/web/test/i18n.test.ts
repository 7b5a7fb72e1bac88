import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { translator, WORDS } from "../src/i18n.ts";
import { LANGS } from "../src/url.ts";

const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();

describe("words", () => {
  it.each(Object.entries(WORDS))("%s is there in every language, composed, with the same places", (_word, text) => {
    for (const lang of LANGS) {
      expect(text[lang].trim()).not.toBe("");
      expect(text[lang]).toBe(text[lang].normalize("NFC"));
      expect(places(text[lang])).toEqual(places(text.vi));
    }
  });

  it("are all used", () => {
    const folder = new URL("../src/", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf-8" }).filter(
      (name) => name.endsWith(".ts") && name !== "i18n.ts",
    );
    const source = [...files.map((name) => readFileSync(new URL(name, folder), "utf-8")), mapWords()].join("\n");
    const unused = Object.keys(WORDS).filter((word) => !source.includes(`"${word}"`));
    expect(unused).toEqual([]);
  });

  it("fill in their places and leave unknown ones visible", () => {
    expect(translator("vi")("sheet_title", { number: 12 })).toBe("Tờ 12");
    expect(translator("en")("sheet_title")).toBe("Sheet {number}");
  });
});

/** The words MapLibre shows are asked for in `i18n.ts` itself. */
function mapWords(): string {
  const text = readFileSync(new URL("../src/i18n.ts", import.meta.url), "utf-8");
  return text.slice(text.indexOf("export function mapLocale"));
}
