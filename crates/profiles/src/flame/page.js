"use strict";
(() => {
  const WIDTH = 1200, LETTER = 6.7;
  const status = document.getElementById("status");
  const hover = document.getElementById("hover");
  const search = document.getElementById("search");
  const reset = document.getElementById("reset");
  const frames = [...document.querySelectorAll(".frame")].map(g => ({
    g, rect: g.querySelector("rect"), text: g.querySelector("text"),
    full: g.querySelector("title").textContent,
    name: g.querySelector("title").textContent.split(" · ").slice(0, -2).join(" · "),
    x: +g.dataset.x, w: +g.dataset.w, d: +g.dataset.d,
  }));
  let zoomed = null;

  const show = (f, x, width, around) => {
    f.g.classList.toggle("hidden", width < 0.05);
    f.g.classList.toggle("around", around);
    f.rect.setAttribute("x", x);
    f.rect.setAttribute("width", width > 2 ? width - 0.5 : width);
    f.text.setAttribute("x", x + 3);
    const room = Math.floor((width - 6) / LETTER);
    f.text.textContent = room < 3 ? "" : f.name.length <= room ? f.name : f.name.slice(0, room - 1) + "…";
  };

  const zoom = to => {
    zoomed = to && to.d > 0 ? to : null;
    const left = zoomed ? zoomed.x : 0, span = zoomed ? zoomed.w : 1, slack = 1e-6;
    for (const f of frames) {
      const below = zoomed && f.d < zoomed.d && f.x <= left + slack && f.x + f.w >= left + span - slack;
      const inside = f.x >= left - slack && f.x + f.w <= left + span + slack && (!zoomed || f.d >= zoomed.d);
      if (below) show(f, 0, WIDTH, true);
      else if (inside) show(f, (f.x - left) / span * WIDTH, f.w / span * WIDTH, false);
      else f.g.classList.add("hidden");
    }
    reset.disabled = !zoomed;
  };

  const find = () => {
    const words = search.value.trim().toLowerCase();
    let count = 0, ends = [];
    for (const f of frames) {
      const found = words !== "" && f.name.toLowerCase().includes(words);
      f.g.classList.toggle("found", found);
      if (found) { count += 1; ends.push([f.x, f.x + f.w]); }
    }
    // Frames above one another count once.
    ends.sort((a, b) => a[0] - b[0]);
    let share = 0, at = 0;
    for (const [from, to] of ends) {
      if (to > at) { share += to - Math.max(from, at); at = to; }
    }
    status.textContent = words === "" ? "" : `${count} frames, ${(share * 100).toFixed(2)} % of all`;
  };

  for (const f of frames) {
    f.g.setAttribute("tabindex", "0");
    f.g.addEventListener("click", () => zoom(f));
    f.g.addEventListener("keydown", event => { if (event.key === "Enter") zoom(f); });
    f.g.addEventListener("mouseenter", () => { hover.textContent = f.full; });
    f.g.addEventListener("focus", () => { hover.textContent = f.full; });
  }
  search.addEventListener("input", find);
  reset.addEventListener("click", () => zoom(null));
  document.addEventListener("keydown", event => { if (event.key === "Escape") zoom(null); });
})();
