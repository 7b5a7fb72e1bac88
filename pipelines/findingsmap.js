// Fills the empty map with what the page holds, opens a finding and leads from the list to the map and back.
"use strict";
(async () => {
  const CM = 100;
  const COLOURS = ["error", "warning", "info"];
  const text = document.getElementById("packed").textContent;
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { size, ground, marks, shapes } = await new Response(stream).json();
  const { map } = report;
  const holder = map.getContainer();
  const bounds = [[0, 0], [size[1] / CM, size[0] / CM]];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(COLOURS.map((name) => [name, colour(name)]));

  function lines({ counts, steps }) {
    let [at, x, y] = [0, 0, 0];
    return counts.map((count) => Array.from({ length: count }, () => {
      x += steps[at++];
      y += steps[at++];
      return [y / CM, x / CM];
    }));
  }

  function element(tag, words, name = "") {
    const made = document.createElement(tag);
    made.className = name;
    if (words !== undefined) made.textContent = words;
    return made;
  }

  function both(tag, vi, en, name = "") {
    const made = element(tag, undefined, name);
    for (const [language, words] of [["vi", vi], ["en", en]]) {
      const part = element("span", words, language);
      part.lang = language;
      made.append(part);
    }
    return made;
  }

  function described(row) {
    const kind = marks.kinds[marks.kind[row]];
    const box = element("div", undefined, "told");
    box.setAttribute("role", "status");
    const title = both("b", kind.title_vi, kind.title_en);
    title.style.color = `var(--${kind.severity})`;
    box.append(title, both("p", marks.message_vi[row], marks.message_en[row]));
    const facts = element("dl");
    const tell = (vi, en, one, other = one) => one && facts.append(both("dt", vi, en), both("dd", one, other));
    tell("Tờ/thửa", "Sheet/parcel", marks.parcel[row]);
    tell("Giá trị", "Value", marks.value_vi[row], marks.value_en[row]);
    tell("Giới hạn", "Limit", marks.limit_vi[row], marks.limit_en[row]);
    tell("Mã lỗi", "Code", kind.code);
    tell("fix_list.xlsx", "fix_list.xlsx", marks.line[row] && `STT ${marks.line[row]}`, `No. ${marks.line[row]}`);
    const link = both("a", "Xem trong danh sách", "See it in the list");
    link.href = `#${marks.target[row]}`;
    link.addEventListener("click", () => {
      const list = document.getElementById(marks.target[row]).closest("details");
      if (list) list.open = true;
    });
    box.append(facts, link);
    return box;
  }

  // One canvas for all: on paper the upper of two would hide the lower.
  const renderer = L.canvas({ tolerance: matchMedia("(pointer: coarse)").matches ? 10 : 3 });
  const under = { renderer, color: colour("land"), weight: 1, smoothFactor: 1, interactive: false };
  const outlines = L.polyline(lines(ground), under);
  report.ground.addLayer(outlines).on("add", () => outlines.bringToBack());
  const severity = marks.kind.map((kind) => marks.kinds[kind].severity);
  const rings = lines(shapes);
  for (let at = 0; at < rings.length;) {
    const row = shapes.mark[at];
    let end = at;
    while (end < rings.length && shapes.mark[end] === row && shapes.area[end] === shapes.area[at]) end++;
    const style = { renderer, color: colours[severity[row]], weight: 2, fillOpacity: 0.25, row };
    const make = shapes.area[at] ? L.polygon : L.polyline;
    report[severity[row]].addLayer(make(rings.slice(at, end), style));
    at = end;
  }
  for (let row = marks.x.length - 1; row >= 0; row--) {
    const style = { renderer, radius: 5, weight: 1, color: "#fff", fillColor: colours[severity[row]], fillOpacity: 0.8, row };
    report[severity[row]].addLayer(L.circleMarker([marks.y[row] / CM, marks.x[row] / CM], style));
  }

  const counter = document.getElementById("shown");
  const popup = L.popup({ maxWidth: Math.min(330, holder.clientWidth - 60), autoPanPadding: [12, 12] });
  let shown = -1;

  function open(row, at) {
    shown = row;
    const told = (language) => [row + 1, marks.x.length].map((count) => count.toLocaleString(language)).join("/");
    counter.replaceChildren(both("span", told("vi"), told("en")));
    if (!map.hasLayer(report[severity[row]])) map.addLayer(report[severity[row]]);
    popup.setLatLng(at).setContent(described(row)).openOn(map);
  }

  function show(row) {
    const at = [marks.y[row] / CM, marks.x[row] / CM];
    map.setView(at, Math.max(map.getZoom(), 2), { animate: false });
    open(row, at);
  }

  for (const name of COLOURS) report[name].on("click", (event) => open(event.layer.options.row, event.latlng));
  for (const button of document.querySelectorAll("[data-step]")) {
    const step = Number(button.dataset.step);
    const count = marks.x.length;
    button.addEventListener("click", () => show(shown < 0 ? (step > 0 ? 0 : count - 1) : (shown + step + count) % count));
  }
  const rows = new Map(marks.place.map((place, row) => [place, row]));
  for (const link of document.querySelectorAll("[data-place]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(rows.get(Number(link.dataset.place)));
      holder.scrollIntoView({ block: "center" });
      holder.focus({ preventScroll: true });
    });
  }

  for (const name of COLOURS) if (!severity.includes(name)) report.switches.removeLayer(report[name]);
  // Beside the map, not on it: on a telephone there they would lie upon what is told.
  document.getElementById("switches").append(report.switches.getContainer());
  L.control.scale({ imperial: false }).addTo(map);
  L.control.zoom({ position: "bottomright", zoomInTitle: "Phóng to / Zoom in", zoomOutTitle: "Thu nhỏ / Zoom out" }).addTo(map);
  const fit = () => map.fitBounds(bounds, { animate: false, padding: [10, 10] });
  document.getElementById("whole").addEventListener("click", () => {
    map.closePopup();
    fit();
  });
  fit();
  // On paper nobody can click: the whole map, in a size that a sheet has room for.
  const PAPER = { beforeprint: ["660px", "560px"], afterprint: ["", ""] };
  for (const [event, [width, height]] of Object.entries(PAPER)) {
    window.addEventListener(event, () => {
      map.closePopup();
      Object.assign(holder.style, { width, height });
      map.invalidateSize({ animate: false });
      fit();
    });
  }
  holder.dataset.ready = "true";
})();
