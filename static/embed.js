/* Puts a form where this script stands. Pages of companies name it: it stays compatible for ever. */
"use strict";

(() => {
  const script = document.currentScript;
  const { form, heights = "0:800", title = "", landing = "" } = script.dataset;
  const site = new URL(script.src).origin;
  const here = new URLSearchParams(location.search);
  const told = new URLSearchParams({ embed: "1", page: location.origin + location.pathname });
  for (const word of ["source", "medium", "campaign", "term", "content"]) {
    const text = here.get(`utm_${word}`);
    if (text) told.set(`utm_${word}`, text);
  }
  if (landing) told.set("landing", landing);

  const frame = document.createElement("iframe");
  frame.src = `${site}/contact/${encodeURIComponent(form)}/?${told}`;
  frame.title = title;
  frame.style.cssText = "display:block;width:100%;border:0;grid-area:1/1;color-scheme:light";
  let grown = 0;
  let width = 0;
  let loads = 0;

  /* "320:900 640:700" is 900 pixels high up to a width of 640. */
  function fit(height) {
    /* A phone was turned, perhaps: it is measured anew. */
    if (width !== frame.clientWidth) grown = 0;
    width = frame.clientWidth;
    grown = Math.max(grown, height);
    const known = heights.split(" ").map((pair) => pair.split(":").map(Number));
    const [, reserved] = known.filter(([from]) => from <= width).pop() ?? known[0];
    frame.style.height = `${Math.max(reserved, grown)}px`;
  }

  /* What the frame shows after its first page, the visitor asked for. */
  frame.addEventListener("load", () => {
    loads += 1;
    frame.contentWindow.postMessage({ leadbook: "shown", acted: loads > 1 }, site);
    if (loads > 1) frame.scrollIntoView({ block: "nearest" });
  });
  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== site || source !== frame.contentWindow || data?.leadbook !== "height") return;
    fit(Math.min(Number(data.height) || 0, 9999));
  });
  script.after(frame);
  fit(0);
  addEventListener("resize", () => fit(0));
})();
