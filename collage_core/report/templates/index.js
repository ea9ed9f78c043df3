"use strict";
(() => {
  const BATCH = 60; // creators drawn at a time: a page of 60,000 opens as fast as one of 60
  const OUTCOMES = ["complete", "partial", "failed"];
  const data = JSON.parse(document.getElementById("data").textContent);
  const [query, missing, gallery, table, lines, more, count] =
    ["query", "missing", "gallery", "table", "lines", "more", "count"].map((id) => document.getElementById(id));
  const views = [...document.querySelectorAll("input[name=view]")];

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const creators = data.creators.map(([name, encoded, outcome, rows, reasons, key]) => {
    const [total, placed, , , rejected, failed] = rows;
    return { name, encoded: encoded || name, outcome: OUTCOMES[outcome], total, placed,
      missing: rejected + failed, reasons, key, found: plain(name) };
  });
  // What the page itself has: the first creators, without the script and without any other file.
  const pictures = new Map([...gallery.querySelectorAll("img")].map((image) => [image.dataset.creator, image.src]));
  let shown = [], drawn = 0;

  const keyOf = (creator, kind) => {
    if ((kind !== "metadata") && !creator.placed) return null;
    if (kind === "collage" && creator.key) return creator.key;
    return data.keys[kind] && data.keys[kind].replaceAll("{}", creator.encoded);
  };
  const address = (key) => data.root + key.split("/").map(encodeURIComponent).join("/");
  const make = (tag, text, fields) => {
    const element = Object.assign(document.createElement(tag), fields);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const within = (tag, parts, fields) => {
    const element = make(tag, undefined, fields);
    element.append(...parts);
    return element;
  };
  const reasonsOf = (creator) => {
    const items = [];
    for (let index = 0; index < creator.reasons.length; index += 2) {
      const reason = creator.reasons[index];
      items.push(make("li", `${creator.reasons[index + 1]} ${data.reasons[reason]}: ${data.advice[reason]}`));
    }
    return within("ul", items);
  };

  const thumbnail = (creator) => {
    const image = make("img", undefined, { loading: "lazy", width: 400, height: 381, alt: `Collage of ${creator.name}` });
    // A page that was saved alone has no files beside it.
    image.addEventListener("error", () => image.replaceWith(make("div", "the picture is not beside this page", { className: "none elsewhere" })));
    image.src = pictures.get(creator.encoded) || address(keyOf(creator, "thumbnail"));
    return image;
  };
  const card = (creator) => {
    const collage = keyOf(creator, "collage");
    const picture = collage ? within("a", [thumbnail(creator)], { href: address(collage) })
      : make("div", "no collage", { className: "none" });
    const parts = [picture, make("h3", creator.name, { dir: "auto" }),
      make("p", `${creator.placed} of ${creator.total} covers placed`)];
    if (creator.missing) {
      const summary = make("summary", `${creator.missing} missing`, { className: creator.outcome });
      parts.push(within("details", [summary, reasonsOf(creator)]));
    }
    return within("article", parts);
  };
  const line = (creator) => {
    const files = ["collage", "copy", "thumbnail", "metadata"].map((kind) => keyOf(creator, kind)).filter(Boolean)
      .map((key) => within("li", [make("a", key, { href: address(key) })]));
    return within("tr", [make("th", creator.name, { className: "name", dir: "auto", scope: "row" }),
      make("td", `${creator.placed} of ${creator.total}`, { className: "number" }),
      within("td", [reasonsOf(creator)]), within("td", [within("ul", files)])]);
  };

  const isTable = () => views.some((view) => view.checked && view.value === "table");
  const draw = () => {
    const [place, element] = isTable() ? [lines, line] : [gallery, card];
    place.append(...shown.slice(drawn, drawn + BATCH).map(element));
    drawn = Math.min(drawn + BATCH, shown.length);
    more.hidden = drawn === shown.length;
  };
  const refresh = () => {
    const wanted = plain(query.value.trim());
    shown = creators.filter((creator) => (!wanted || creator.found.includes(wanted) || creator.encoded.includes(query.value.trim()))
      && (!missing.checked || creator.missing));
    drawn = 0;
    gallery.replaceChildren();
    lines.replaceChildren();
    gallery.hidden = isTable();
    table.hidden = !isTable();
    count.textContent = `${shown.length.toLocaleString("en")} of ${creators.length.toLocaleString("en")}`;
    draw();
  };

  query.addEventListener("input", refresh);
  missing.addEventListener("change", refresh);
  views.forEach((view) => view.addEventListener("change", refresh));
  more.addEventListener("click", draw);
  const searchForHash = () => { // index.html#Ana begins with a search for Ana
    try {
      query.value = decodeURIComponent(location.hash.slice(1));
    } catch { /* not a percent-encoded name */ }
    refresh();
  };
  window.addEventListener("hashchange", searchForHash);
  const controls = document.getElementById("controls");
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) draw(); },
    { rootMargin: "600px" }).observe(more);
  searchForHash();
})();
