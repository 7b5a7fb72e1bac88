// Draws what was added, changed and removed, lists it, and leads from the list to the map and back.
"use strict";
(async () => {
  const CM = 100;
  const KINDS = ["added", "changed", "removed"];
  const LISTED = 300;
  const bytes = Uint8Array.from(atob(document.getElementById("packed").textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).json();
  const { cells, words } = data;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const colours = KINDS.map(colour);
  const holder = document.getElementById("map");
  const shownKinds = new Set(KINDS.keys());

  function element(tag, text, name = "") {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function both(tag, vi, en, name = "") {
    const made = element(tag, undefined, name);
    for (const [language, text] of [["vi", vi], ["en", en]]) {
      const part = element("span", text, language);
      part.lang = language;
      made.append(part);
    }
    return made;
  }

  // Rings of every row, one side of the change.
  function rings({ counts, steps, row }) {
    const found = new Map();
    let [at, x, y] = [0, 0, 0];
    counts.forEach((count, ring) => {
      const points = Array.from({ length: count }, () => {
        x += steps[at++];
        y += steps[at++];
        return [y / CM, x / CM];
      });
      if (!found.has(row[ring])) found.set(row[ring], []);
      found.get(row[ring]).push(points);
    });
    return found;
  }

  const map = L.map(holder, {
    crs: L.CRS.Simple, minZoom: -9, maxZoom: 8, zoomSnap: 0.25, zoomControl: false, attributionControl: false,
    preferCanvas: true,
  });
  const renderer = L.canvas({ tolerance: matchMedia("(pointer: coarse)").matches ? 10 : 3 });
  const groups = KINDS.map(() => L.featureGroup().addTo(map));
  const before = rings(data.before);
  const after = rings(data.after);
  const layers = new Map();
  const FILL = [0.35, 0.35, 0.25];
  const order = [2, 1, 0]; // what is there now lies on top of what is gone
  for (const kind of order) {
    data.what.forEach((what, row) => {
      if (what !== kind) return;
      const shape = after.get(row) || before.get(row);
      if (!shape) return;
      // What others took over is an outline below them: two colours on one ground would make a third.
      const fill = !data.successors[row];
      const style = { renderer, color: colours[kind], weight: 2, fill, fillOpacity: FILL[kind], smoothFactor: 0.5, row };
      const drawn = L.polygon(shape, style);
      groups[kind].addLayer(drawn);
      layers.set(row, drawn);
      if (data.moved.vi[row] && before.has(row)) {
        const dashes = { renderer, color: colour("ink"), weight: 1.5, dashArray: "5 4", fill: false, interactive: false };
        groups[kind].addLayer(L.polygon(before.get(row), dashes));
      }
    });
  }

  const changesOf = (row) => Array.from(
    { length: cells.ends[row] - (row ? cells.ends[row - 1] : 0) }, (_, at) => (row ? cells.ends[row - 1] : 0) + at);

  function told(row) {
    const box = element("div", undefined, "told");
    box.setAttribute("role", "status");
    const [vi, en] = words.what[data.what[row]];
    const title = element("h4");
    title.style.color = `var(--${KINDS[data.what[row]]})`;
    title.append(both("span", `Tờ/thửa ${data.called[row]}: ${vi}`, `Sheet/parcel ${data.called[row]}: ${en}`));
    box.append(title, element("code", data.id[row]));
    const facts = element("dl");
    const fact = (name, other, one, two = one) => one && facts.append(both("dt", name, other), both("dd", one, two));
    fact("Diện tích (m²)", "Area (m²)", data.areas.vi[row], data.areas.en[row]);
    fact("Ranh dịch xa nhất", "Boundary moved by", data.moved.vi[row] && `${data.moved.vi[row]} m`, `${data.moved.en[row]} m`);
    for (const at of changesOf(row)) {
      const [name, other] = cells.titles[cells.title[at]];
      fact(name, other, `${cells.before_vi[at]} → ${cells.after_vi[at]}`, `${cells.before_en[at]} → ${cells.after_en[at]}`);
    }
    const [how, known] = words.lineage[data.lineage[row]] || ["", ""];
    fact(`Từ thửa (${how})`, `From (${known})`, data.predecessors[row]);
    fact(`Thành thửa (${how})`, `Into (${known})`, data.successors[row]);
    box.append(facts);
    return box;
  }

  const popup = L.popup({ maxWidth: Math.min(340, holder.clientWidth - 90), maxHeight: 300, autoPanPadding: [12, 12] });
  let current = -1;

  function mark(row) {
    if (layers.has(current)) layers.get(current).setStyle({ weight: 2 });
    current = row;
    if (layers.has(row)) layers.get(row).setStyle({ weight: 5 }).bringToFront();
    for (const button of document.querySelectorAll("#list button")) {
      button.setAttribute("aria-current", String(Number(button.dataset.row) === row));
    }
  }

  function open(row, at) {
    mark(row);
    popup.setLatLng(at).setContent(told(row)).openOn(map);
  }

  function show(row) {
    const drawn = layers.get(row);
    if (!drawn) return mark(row);
    map.fitBounds(drawn.getBounds().pad(1.5), { animate: false, maxZoom: 4 });
    open(row, drawn.getBounds().getCenter());
    if (holder.getBoundingClientRect().top < 0 || innerWidth <= 900) holder.scrollIntoView({ block: "center" });
  }

  for (const group of groups) group.on("click", (event) => {
    if (event.layer.options.row === undefined) return;
    open(event.layer.options.row, event.latlng);
    const button = document.querySelector(`#list button[data-row="${event.layer.options.row}"]`);
    if (button && innerWidth > 900) button.scrollIntoView({ block: "nearest" });
  });
  map.on("popupclose", () => mark(-1));

  // Of the key of another parcel its last two parts say enough: sheet and number.
  const short = (ids) => ids.split(", ").map((id) => id.split(".").slice(-2).join("/")).join(", ");

  function brief(row, place) {
    const names = changesOf(row).map((at) => cells.titles[cells.title[at]][place]);
    const areas = data.areas[place ? "en" : "vi"][row];
    const moved = data.moved[place ? "en" : "vi"][row];
    const words = [areas && `${areas} m²`, moved && `↔ ${moved} m`, ...names];
    if (data.predecessors[row]) words.push(`← ${short(data.predecessors[row])}`);
    if (data.successors[row]) words.push(`→ ${short(data.successors[row])}`);
    return words.filter(Boolean).join(" · ");
  }

  const list = document.getElementById("list");
  const count = document.getElementById("count");
  const search = document.getElementById("search");

  function matches(row, asked) {
    if (!asked) return true;
    const parts = asked.split(/[\s/]+/).filter(Boolean);
    const [sheet, parcel] = data.called[row].split("/");
    if (parts.length === 2) return sheet === parts[0] && parcel.startsWith(parts[1]);
    return parcel.startsWith(asked) || data.id[row].toLowerCase().includes(asked) || sheet === asked;
  }

  function fill() {
    const asked = search.value.trim().toLowerCase();
    const found = data.what.map((_, row) => row).filter((row) => shownKinds.has(data.what[row]) && matches(row, asked));
    const shown = found.slice(0, LISTED).map((row) => {
      const button = element("button");
      button.type = "button";
      button.dataset.row = row;
      button.style.setProperty("--of", `var(--${KINDS[data.what[row]]})`);
      button.setAttribute("aria-current", String(row === current));
      button.append(element("b", data.called[row]), " ", both("span", ...words.what[data.what[row]]));
      button.append(both("span", brief(row, 0), brief(row, 1), "soft small"));
      button.addEventListener("click", () => show(row));
      const item = element("li");
      item.append(button);
      return item;
    });
    list.replaceChildren(...shown);
    const more = found.length > LISTED;
    const numbers = (language) => found.length.toLocaleString(language);
    count.replaceChildren(both("span",
      `${numbers("vi")} thửa${more ? `; ${LISTED} thửa đầu ở dưới, tìm để thu hẹp` : ""}`,
      `${numbers("en")} parcels${more ? `; the first ${LISTED} below, search to narrow` : ""}`));
  }

  for (const box of document.querySelectorAll("[data-kind]")) box.addEventListener("change", () => {
    const kind = KINDS.indexOf(box.dataset.kind);
    if (box.checked) shownKinds.add(kind); else shownKinds.delete(kind);
    if (box.checked) map.addLayer(groups[kind]); else map.removeLayer(groups[kind]);
    map.closePopup();
    fill();
  });
  search.addEventListener("input", fill);
  search.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Enter" && first) first.click();
  });

  L.control.scale({ imperial: false }).addTo(map);
  L.control.zoom({ position: "bottomright", zoomInTitle: "Phóng to / Zoom in", zoomOutTitle: "Thu nhỏ / Zoom out" }).addTo(map);
  const [wide, high] = data.size;
  const fit = () => map.fitBounds([[0, 0], [high, wide]], { animate: false, padding: [16, 16] });
  document.getElementById("whole").addEventListener("click", () => {
    map.closePopup();
    fit();
  });
  fit();
  fill();
  if (!data.what.length) {
    document.getElementById("both").replaceChildren(both("p", "Hai bản giống nhau: không thửa nào đổi.",
      "Both releases are the same: no parcel changed.", "card none"));
  }
  document.body.dataset.ready = "true";
})();
