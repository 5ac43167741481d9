// A picture or a plan to place points on: click adds, drag moves, arrows move, Delete removes, the wheel zooms.
const NS = "http://www.w3.org/2000/svg";

const make = (name, attributes, parent) => {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return parent.appendChild(node);
};

const fit = (box, [x, y, width, height]) => {
  const scale = Math.min(1, box[2] / width, box[3] / height) || 1;
  return [x, y, width * scale, height * scale];
};

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".host");
  const svg = host.querySelector("svg");
  const place = host.querySelector(".place");
  const whole = data.extent;
  if (host.dataset.extent !== String(whole)) {
    host.dataset.extent = String(whole);
    host.view = [...whole];
  }
  svg.replaceChildren();
  svg.setAttribute("aria-label", data.label);
  svg.style.aspectRatio = `${whole[2]} / ${whole[3]}`;
  const digits = whole[2] > 500 ? 0 : 2;

  if (data.picture) make("image", { href: data.picture, x: 0, y: 0, width: whole[2], height: whole[3] }, svg);
  for (const shape of data.shapes) {
    const corners = shape.corners.map((c) => c.join(",")).join(" ");
    const node = make(shape.closed ? "polygon" : "polyline", { points: corners, class: "shape" }, svg);
    node.style.fill = shape.fill || "none";
    node.style.stroke = shape.stroke || "none";
    node.style.strokeWidth = shape.width || 2;
    if (shape.dash) node.style.strokeDasharray = "6 4";
    if (shape.title) make("title", {}, node).textContent = shape.title;
  }
  const names = data.shapes.filter((s) => s.label).map((s) => {
    // A line is named at its end: in its middle lies many a zone's name.
    const around = s.closed ? s.corners : s.corners.slice(-1);
    const [x, y] = [0, 1].map((i) => around.reduce((sum, c) => sum + c[i], 0) / around.length);
    const text = make("text", { x, y, class: "name" }, svg);
    text.textContent = s.label;
    text.style.fill = s.stroke || "#22313f";
    return text;
  });
  const points = data.points.map((point, number) => {
    const group = make("g", { class: "point", tabindex: 0, role: "button" }, svg);
    group.setAttribute("aria-label", `${point.label} ${point.at.map((v) => v.toFixed(digits)).join(", ")}`);
    const dot = make("circle", { class: "dot" }, group);
    dot.style.stroke = point.colour;
    const middle = make("circle", { class: "middle" }, group);
    middle.style.fill = point.colour;
    const text = make("text", { class: "number" }, group);
    text.textContent = point.label;
    return { number, at: [...point.at], group, dot, middle, text };
  });

  const unit = () => host.view[2] / Math.max(svg.clientWidth, 1);
  const draw = () => {
    svg.setAttribute("viewBox", host.view.join(" "));
    const u = unit();
    for (const { at, dot, middle, text } of points) {
      for (const circle of [dot, middle]) {
        circle.setAttribute("cx", at[0]);
        circle.setAttribute("cy", at[1]);
      }
      dot.setAttribute("r", 8 * u);
      middle.setAttribute("r", 1.6 * u);
      text.setAttribute("x", at[0] + 10 * u);
      text.setAttribute("y", at[1] - 8 * u);
      text.style.fontSize = `${13 * u}px`;
      text.style.strokeWidth = `${3 * u}px`;
    }
    for (const text of names) {
      text.style.fontSize = `${12 * u}px`;
      text.style.strokeWidth = `${3 * u}px`;
    }
  };
  const under = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, at.y];
  };
  const rounded = (at) => at.map((v) => Number(v.toFixed(3)));
  const moved = (point) => setTriggerValue("moved", { number: point.number, at: rounded(point.at) });

  let held = null;
  svg.onpointerdown = (event) => {
    if (event.button !== 0) return;
    svg.setPointerCapture(event.pointerId);
    const point = points.find(({ group }) => group.contains(event.target));
    held = { point, from: [event.clientX, event.clientY], view: [...host.view], far: false };
  };
  svg.onpointermove = (event) => {
    const at = under(event);
    place.textContent = data.is_plan
      ? `${at[0].toFixed(2)} m E, ${(-at[1]).toFixed(2)} m N`
      : `${at[0].toFixed(1)}, ${at[1].toFixed(1)} px`;
    if (!held) return;
    const by = [event.clientX - held.from[0], event.clientY - held.from[1]];
    held.far = held.far || Math.hypot(...by) > 4;
    if (!held.far) return;
    if (held.point) held.point.at = at;
    else host.view = [held.view[0] - by[0] * unit(), held.view[1] - by[1] * unit(), held.view[2], held.view[3]];
    draw();
  };
  svg.onpointerup = (event) => {
    if (!held) return;
    const { point, far } = held;
    held = null;
    if (point && far) moved(point);
    else if (point) point.group.focus();
    else if (!far && data.placing) setTriggerValue("placed", rounded(under(event)));
  };
  svg.onwheel = (event) => {
    event.preventDefault();
    const [x, y] = under(event);
    const [left, top, width, height] = host.view;
    const by = Math.min(event.deltaY > 0 ? 1.25 : 0.8, whole[2] / width);
    const next = [x - (x - left) * by, y - (y - top) * by, width * by, height * by];
    host.view = by * width >= whole[2] * 0.999 ? [...whole] : fit(whole, next);
    draw();
  };
  for (const point of points) {
    point.group.onkeydown = (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === "Delete") setTriggerValue("removed", point.number);
      if (!step) return;
      event.preventDefault();
      const size = (data.is_plan ? 0.1 : 1) * (event.shiftKey ? 10 : 1);
      point.at = [point.at[0] + step[0] * size, point.at[1] + step[1] * size];
      draw();
    };
    point.group.onkeyup = (event) => event.key.startsWith("Arrow") && moved(point);
  }
  host.querySelector(".whole").onclick = () => {
    host.view = [...whole];
    draw();
  };
  host.querySelector(".whole").textContent = data.whole;
  draw();
  const sized = new ResizeObserver(draw);
  sized.observe(svg);
  return () => sized.disconnect();
}
