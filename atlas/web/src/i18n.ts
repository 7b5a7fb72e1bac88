import type { Text } from "@schemas/types";
import type { Lang } from "./url.ts";

/** Words of the page itself; names of codes, fields, grades and findings come from the generated types and the release. */
export const WORDS = {
  subtitle: { vi: "Tra cứu thửa đất", en: "Look up land parcels" },
  language: { vi: "Ngôn ngữ", en: "Language" },
  map: { vi: "Bản đồ thửa đất", en: "Map of parcels" },
  panel_open: { vi: "Mở rộng bảng thông tin", en: "Expand the panel" },
  panel_close: { vi: "Thu gọn bảng thông tin", en: "Collapse the panel" },
  back: { vi: "Tất cả các xã", en: "All communes" },

  search: { vi: "Tìm thửa đất hoặc xã", en: "Find a parcel or commune" },
  search_example: { vi: "tờ 12 thửa 345 {place}", en: "sheet 12 parcel 345 {place}" },
  search_go: { vi: "Tìm", en: "Search" },
  search_running: { vi: "Đang tìm…", en: "Searching…" },
  search_hint: {
    vi: "Gõ tờ và thửa, kèm tên xã nếu biết. Có thể bỏ dấu, hoặc gõ 12/345, mã định danh thửa, hay chỉ tên xã.",
    en: "Type sheet and parcel, with the commune if you know it. Without diacritics works too, as do 12/345, a national parcel identifier, or a commune alone.",
  },
  none_parcel: { vi: "Không tìm thấy {what}.", en: "No {what} was found." },
  none_commune: {
    vi: "Không có xã nào tên “{place}” trong bản phát hành này.",
    en: "There is no commune called “{place}” in this release.",
  },
  commune_code: { vi: "Xã {code}", en: "Commune {code}" },
  candidates: { vi: "{count} kết quả. Chọn một:", en: "{count} results. Choose one:" },
  candidates_more: {
    vi: "{total} kết quả, hiện {count} kết quả đầu. Thêm tên xã, số tờ hoặc số thửa để thu hẹp.",
    en: "{total} results, the first {count} are shown. Add commune, sheet or parcel to narrow down.",
  },
  api_unreachable: {
    vi: "Hiện không kết nối được máy chủ dữ liệu. Bản đồ vẫn xem được; hãy thử lại sau ít phút.",
    en: "The data server cannot be reached at the moment. The map still works; please try again in a few minutes.",
  },

  sheet: { vi: "tờ {number}", en: "sheet {number}" },
  parcel: { vi: "thửa {number}", en: "parcel {number}" },
  sheet_title: { vi: "Tờ {number}", en: "Sheet {number}" },
  parcel_title: { vi: "Thửa {number}", en: "Parcel {number}" },
  no_number: { vi: "chưa có số", en: "no number" },
  parcel_loading: { vi: "Đang đọc thông tin thửa đất…", en: "Reading the parcel…" },
  parcel_missing: {
    vi: "Không có thửa đất {id} trong dữ liệu hiện hành. Thửa có thể đã được tách, hợp hoặc cấp số mới.",
    en: "There is no parcel {id} in the current data. It may have been split, merged or renumbered.",
  },
  land_use: { vi: "Loại đất", en: "Land use" },
  land_use_recorded: { vi: "Ghi trong hồ sơ", en: "As recorded" },
  land_use_none: { vi: "Chưa xác định loại đất", en: "Land use not known" },
  ground_object: {
    vi: "Đối tượng chiếm đất không tạo thành thửa đất: đường, kênh mương hoặc mặt nước, không có trong sổ địa chính.",
    en: "A land object that is not a parcel: a road, canal or water that is not in the cadastral register.",
  },
  sketch: { vi: "Sơ đồ", en: "Sketch" },
  sketch_title: { vi: "Sơ đồ tờ {sheet} thửa {parcel}, cạnh tính bằng mét", en: "Sketch of sheet {sheet} parcel {parcel}, edges in metres" },
  north: { vi: "B", en: "N" },
  perimeter: { vi: "Chu vi {length} m", en: "Perimeter {length} m" },
  corners: { vi: "Tọa độ {count} đỉnh và cạnh thửa", en: "Coordinates of {count} corners and edges" },
  corners_many: {
    vi: "Hình có {count} đỉnh, không lập bảng tọa độ. Tọa độ đầy đủ có trong dữ liệu JSON.",
    en: "The shape has {count} corners, too many for a table. The JSON data have all of them.",
  },
  corner: { vi: "Đỉnh", en: "Corner" },
  corner_north: { vi: "X, bắc (m)", en: "North (m)" },
  corner_east: { vi: "Y, đông (m)", en: "East (m)" },
  corner_edge: { vi: "Cạnh (m)", en: "Edge (m)" },
  areas: { vi: "Diện tích", en: "Area" },
  area_measured: { vi: "Đo trên bản đồ số", en: "Measured on the digital map" },
  area_label: { vi: "Ghi trên bản đồ", en: "Written on the map" },
  area_register: { vi: "Trong sổ địa chính", en: "In the register" },
  area_legal: { vi: "Pháp lý (giấy chứng nhận)", en: "Legal (certificate)" },
  area_difference: { vi: "so với số đo", en: "against measured" },
  grade: { vi: "Xếp loại", en: "Grade" },
  grade_none: { vi: "Chưa xếp loại", en: "Not graded yet" },
  reasons: { vi: "Vì sao", en: "Why" },
  remedy: { vi: "Cách xử lý", en: "What to do" },
  no_reasons: { vi: "Không có lỗi hay cảnh báo.", en: "No errors or warnings." },
  details: { vi: "Chi tiết", en: "Details" },
  address: { vi: "Địa chỉ", en: "Address" },
  national_id: { vi: "Mã định danh thửa", en: "National parcel ID" },
  national_id_none: { vi: "Chưa cấp", en: "Not assigned yet" },
  map_type: { vi: "Loại bản đồ", en: "Map type" },
  era: { vi: "Kỳ địa giới", en: "Administrative era" },
  valid_from: { vi: "Hiệu lực từ", en: "Valid from" },
  now_commune: { vi: "Nay thuộc {name}", en: "Now part of {name}" },
  zoom_parcel: { vi: "Phóng đến thửa", en: "Zoom to parcel" },
  print: { vi: "In", en: "Print" },
  printed: { vi: "In ngày {date} từ {link}", en: "Printed on {date} from {link}" },
  copy_link: { vi: "Sao chép liên kết", en: "Copy link" },
  copied: { vi: "Đã sao chép liên kết.", en: "Link copied." },
  copy_failed: { vi: "Không sao chép được. Liên kết: {link}", en: "Copying failed. The link: {link}" },
  as_json: { vi: "Dữ liệu JSON", en: "JSON data" },
  not_legal: {
    vi: "Thông tin tham khảo, không thay cho giấy chứng nhận hay trích lục.",
    en: "For information only; it does not replace a certificate or an official extract.",
  },

  summary: { vi: "Toàn bộ bản phát hành", en: "The whole release" },
  summary_communes: { vi: "xã", en: "communes" },
  summary_parcels: { vi: "thửa", en: "parcels" },
  summary_area: { vi: "diện tích", en: "area" },
  list_filter: { vi: "Lọc tên, mã xã", en: "Filter by name, code" },
  list_found: { vi: "{shown} trong {all} xã", en: "{shown} of {all} communes" },
  list_found_none: { vi: "Không có xã nào khớp trong {all} xã.", en: "None of the {all} communes matches." },
  order: { vi: "Thứ tự", en: "Order" },
  order_name: { vi: "Theo tên", en: "By name" },
  order_grade_3: { vi: "Nhiều nhóm 3 trước", en: "Most group 3 first" },
  order_dqi: { vi: "Chất lượng thấp trước", en: "Lowest quality first" },
  grade_3_share: { vi: "Nhóm 3: {share}", en: "Group 3: {share}" },
  communes: { vi: "Các xã trong bản phát hành", en: "Communes of this release" },
  parcels: { vi: "{count} thửa", en: "{count} parcels" },
  quality: { vi: "Chất lượng dữ liệu {dqi}", en: "Data quality {dqi}" },
  quality_title: { vi: "Chỉ số chất lượng dữ liệu (DQI), từ 0 đến 100 %", en: "Data quality index (DQI), 0 to 100 %" },
  grade_share: { vi: "Số thửa theo xếp loại", en: "Parcels by grade" },
  released: { vi: "Phát hành {date}", en: "Released {date}" },
  downloads: { vi: "Tải về", en: "Downloads" },
  download_findings_map: { vi: "Bản đồ lỗi", en: "Map of findings" },
  download_findings_xlsx: { vi: "Danh sách lỗi XLSX", en: "List of findings, XLSX" },
  download_findings_gpkg: { vi: "Lỗi GeoPackage", en: "Findings, GeoPackage" },
  download_parcels: { vi: "Thửa đất GeoParquet", en: "Parcels, GeoParquet" },
  findings: { vi: "Lỗi và cảnh báo", en: "Findings" },
  findings_none: { vi: "Không có lỗi hay cảnh báo nào.", en: "There are no findings." },

  colour_by: { vi: "Tô màu theo", en: "Colour by" },
  by_land_use: { vi: "Loại đất", en: "Land use" },
  by_grade: { vi: "Xếp loại", en: "Grade" },
  legend: { vi: "Chú giải", en: "Legend" },
  legend_unknown: { vi: "Chưa có loại đất", en: "No land use recorded" },
  legend_far: {
    vi: "Phóng to để xem từng thửa. Xã được tô theo xếp loại chiếm đa số.",
    en: "Zoom in to see parcels. Communes are coloured by their most frequent grade.",
  },

  credit_source: { vi: "Nguồn: {source}", en: "Source: {source}" },
  credit_released: { vi: "Phát hành {date}", en: "Released {date}" },
  credit_sample: { vi: "Dữ liệu mẫu", en: "Sample data" },
  loading: { vi: "Đang mở bản phát hành…", en: "Opening the release…" },
  no_release: {
    vi: "Chưa có bản phát hành nào. Khi dữ liệu của xã đầu tiên được phát hành, bản đồ sẽ hiện ở đây.",
    en: "Nothing has been released yet. The map will appear here with the first released commune.",
  },
  release_unreachable: {
    vi: "Không đọc được bản phát hành từ máy chủ. Hãy kiểm tra kết nối rồi tải lại trang.",
    en: "The release cannot be read from the server. Check the connection and reload the page.",
  },
  release_empty: { vi: "Bản phát hành này chưa có xã nào.", en: "This release has no commune yet." },
  no_webgl: {
    vi: "Trình duyệt này không vẽ được bản đồ (thiếu WebGL 2). Vẫn tìm và xem được thông tin thửa đất.",
    en: "This browser cannot draw the map (WebGL 2 is missing). Search and parcel information still work.",
  },
  no_tiles: {
    vi: "Không tải được các mảnh bản đồ. Vẫn tìm và xem được thông tin thửa đất.",
    en: "The map tiles cannot be loaded. Search and parcel information still work.",
  },
  zoom_in: { vi: "Phóng to", en: "Zoom in" },
  zoom_out: { vi: "Thu nhỏ", en: "Zoom out" },
} as const satisfies Record<string, Text>;

export type Word = keyof typeof WORDS;

/** Words of a language, with `{name}` places filled in. */
export type Translate = (word: Word, values?: Record<string, string | number>) => string;

/** The translator of a language. */
export function translator(lang: Lang): Translate {
  return (word, values = {}) =>
    WORDS[word][lang].replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Words MapLibre puts on its buttons. */
export function mapLocale(lang: Lang): Record<string, string> {
  const t = translator(lang);
  return {
    "Map.Title": t("map"),
    "NavigationControl.ZoomIn": t("zoom_in"),
    "NavigationControl.ZoomOut": t("zoom_out"),
  };
}
