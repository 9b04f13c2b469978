"use strict";
for (const box of document.querySelectorAll(".dist")) {
  const svg = box.querySelector("svg");
  const points = JSON.parse(box.querySelector("script").textContent);
  const [left, top, width, height, from, to] = JSON.parse(box.dataset.frame);
  if (!points.length) continue;
  const make = (name, of) => of.appendChild(document.createElementNS(svg.namespaceURI, name));
  const group = make("g", svg);
  group.setAttribute("class", "hover");
  const line = make("path", group);
  const text = make("text", group);
  text.setAttribute("y", top - 3);
  svg.addEventListener("pointermove", (event) => {
    const scale = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
    const x = (event.clientX - svg.getBoundingClientRect().left) * scale - left;
    const at = from + (x / width) * (to - from);
    const near = points.reduce((a, b) => (Math.abs(b[0] - at) < Math.abs(a[0] - at) ? b : a));
    const px = left + ((near[0] - from) / (to - from)) * width;
    line.setAttribute("d", `M${px} ${top}v${height}`);
    const right = px < left + width / 2;
    text.setAttribute("x", right ? left + width : left + 6);
    text.setAttribute("text-anchor", right ? "end" : "start");
    text.textContent = `${Math.round(near[0])} nm: ${near[1].toPrecision(2)} % per nm, ${Math.round(near[2])} % smaller`;
    group.style.display = x < 0 || x > width ? "none" : "block";
  });
  svg.addEventListener("pointerleave", () => { group.style.display = "none"; });
}
