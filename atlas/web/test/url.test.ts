import { describe, expect, it } from "vitest";
import { DEFAULTS, fromHash, toHash, type Permalink } from "../src/url.ts";

const FULL: Permalink = {
  view: { zoom: 15.25, lat: 19.81234, lon: 105.61234 },
  commune: "15670.E2025A",
  parcel: "15670.E2025A.1.12.345~2",
  lang: "en",
  theme: "xep_loai",
};

describe("permalink", () => {
  it("is readable", () => {
    expect(toHash(FULL)).toBe(
      "#map=15.25/19.81234/105.61234&xa=15670.E2025A&thua=15670.E2025A.1.12.345~2&lang=en&theme=xep_loai",
    );
  });

  it("leaves out what is default", () => {
    expect(toHash(DEFAULTS)).toBe("");
    expect(toHash({ ...DEFAULTS, lang: "en" })).toBe("#lang=en");
  });

  it.each([
    ["everything", FULL],
    ["nothing", DEFAULTS],
    ["an id with blank, plus, slash and ampersand", { ...DEFAULTS, parcel: "15670.E2024.1.3-2019.12 a+b/c&d=e" }],
    ["an id with Vietnamese letters", { ...DEFAULTS, parcel: "XX.Đ.ỡ" }],
    ["a view of the southern and western half", { ...DEFAULTS, view: { zoom: 3, lat: -12.5, lon: -70.25 } }],
  ])("restores %s", (_name, state) => {
    expect(fromHash(toHash(state))).toEqual(state);
  });

  it("rounds the view to about a metre", () => {
    const link = toHash({ ...DEFAULTS, view: { zoom: 15.123456, lat: 19.812345678, lon: 105.6 } });
    expect(link).toBe("#map=15.12/19.81235/105.60000");
  });

  it.each(["#map=", "#map=15/19", "#map=15/19/x", "#map=15//105", "#map=99/19/105", "#map=15/91/105", "#map=15/19/105/1"])(
    "ignores the unreadable view of %s",
    (hash) => expect(fromHash(hash)).toEqual(DEFAULTS),
  );

  it("ignores words it does not know", () => {
    expect(fromHash("#lang=fr&theme=gold&x=1")).toEqual(DEFAULTS);
    expect(fromHash("#%E0%A4%A")).toEqual(DEFAULTS);
  });
});
