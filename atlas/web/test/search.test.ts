import { describe, expect, it } from "vitest";
import { matchCommunes, parseQuery, spellings } from "../src/search.ts";
import { fold, foldWords } from "../src/text.ts";
import { COMMUNES, commune } from "./factories.ts";

const parcel = (sheet: string | null, number: string | null, place = "") => ({
  kind: "parcel",
  sheet,
  parcel: number,
  place,
});

describe("parseQuery", () => {
  it.each([
    ["tờ 12 thửa 345 Thọ Bình", parcel("12", "345", "tho binh")],
    ["to 12 thua 345 tho binh", parcel("12", "345", "tho binh")],
    ["TỜ 12 THỬA 345 XÃ THỌ BÌNH", parcel("12", "345", "tho binh")],
    ["tờ 12, thửa 345, Thọ Bình".normalize("NFD"), parcel("12", "345", "tho binh")],
    ["Tờ bản đồ số 12, thửa đất số 345, xã Thọ Bình", parcel("12", "345", "tho binh")],
    ["thửa 345 tờ 12 ở Thọ Bình", parcel("12", "345", "tho binh")],
    ["Thọ Bình tờ 12 thửa 345", parcel("12", "345", "tho binh")],
    ["tờ: 12 thửa: 345", parcel("12", "345")],
    ["to12 thua345", parcel("12", "345")],
    ["sheet 12 parcel 345 Tho Binh", parcel("12", "345", "tho binh")],
    ["tờ 3-2019 thửa 12a", parcel("3-2019", "12a")],
    ["tờ 012 thửa 0345", parcel("12", "345")],
    ["tờ AB thửa 7", parcel("AB", "7")],
    ["12/345", parcel("12", "345")],
    ["12 / 345 dân lý", parcel("12", "345", "dan ly")],
    ["văn sơn 12/345", parcel("12", "345", "van son")],
    ["AB/7", parcel("AB", "7")],
    ["12 345 Thọ Bình", parcel("12", "345", "tho binh")],
    ["thửa 345 Thọ Bình", parcel(null, "345", "tho binh")],
    ["thửa ở Thọ Bình", { kind: "commune", place: "thua o tho binh" }],
    ["tờ 12 thọ bình", parcel("12", null, "tho binh")],
    ["tờ 1 thửa 1 Thọ Bình, huyện Triệu Sơn, tỉnh Thanh Hóa", parcel("1", "1", "tho binh")],
  ])("understands %s", (input, expected) => {
    expect(parseQuery(input)).toEqual(expected);
  });

  it.each([
    ["Thọ Bình", "tho binh"],
    ["xã Dân Lý", "dan ly"],
    ["phường Đông Vệ", "dong ve"],
    ["Đông Thanh", "dong thanh"],
    ["tô hiệu", "to hieu"],
    ["Tho Binh commune", "tho binh"],
    ["15670", "15670"],
  ])("takes %s as a commune", (input, place) => {
    expect(parseQuery(input)).toEqual({ kind: "commune", place });
  });

  it("knows identifiers", () => {
    expect(parseQuery(" 15670.E2025A.1.12.345~2 ")).toEqual({ kind: "parcel_id", id: "15670.E2025A.1.12.345~2" });
    expect(parseQuery("W7EB1Q2R3S4T")).toEqual({ kind: "national_id", id: "w7eb1q2r3s4t" });
    expect(parseQuery("quanghungabc").kind).toBe("commune");
  });

  it.each(["", "   ", " ,.- "])("finds nothing to look for in %j", (input) => {
    expect(parseQuery(input)).toEqual({ kind: "empty" });
  });
});

describe("matchCommunes", () => {
  const codes = (place: string): string[] => matchCommunes(place, COMMUNES).map((entry) => entry.ma_xa);

  it("finds by name, code and the name after the merger", () => {
    expect(codes("dan ly")).toEqual(["15703"]);
    expect(codes("15712")).toEqual(["15712"]);
    expect(codes("tan ninh")).toEqual(["15712"]);
  });

  it("prefers the exact name, then the beginning, then a part", () => {
    const three = [commune({ ten_xa: "Sơn" }), commune({ ten_xa: "Sơn Hà" }), commune({ ten_xa: "Văn Sơn" })];
    const names = (place: string): (string | null)[] => matchCommunes(place, three).map((entry) => entry.ten_xa);
    expect(names("son")).toEqual(["Sơn"]);
    expect(names("son h")).toEqual(["Sơn Hà"]);
    expect(names("van")).toEqual(["Văn Sơn"]);
  });

  it("finds a name with its unit word", () => {
    const town = [commune({ ten_xa: "Thị trấn Triệu Sơn" })];
    expect(matchCommunes("trieu son", town)).toEqual(town);
  });

  it("finds nothing for an unknown or empty place", () => {
    expect(codes("ha noi")).toEqual([]);
    expect(codes("")).toEqual([]);
  });
});

describe("text", () => {
  it("folds every Vietnamese letter to ASCII, composed or not, without moving a letter", () => {
    const letters = "ăâđêôơưĂÂĐÊÔƠƯ";
    const block = Array.from({ length: 0x1ef9 - 0x1ea0 + 1 }, (_, index) => String.fromCodePoint(0x1ea0 + index)).join("");
    for (const text of [letters, block, block.normalize("NFD")]) {
      expect(fold(text)).toMatch(/^[a-z]+$/);
      expect(fold(text)).toHaveLength(text.normalize("NFC").length);
    }
  });

  it("takes the look-alike of Đ for Đ", () => {
    expect(foldWords("Ðông  Sơn!")).toBe("dong son");
  });
});

it("tries spellings of a number with letters once each", () => {
  expect(spellings("12")).toEqual(["12"]);
  expect(spellings("12a")).toEqual(["12a", "12A"]);
});
