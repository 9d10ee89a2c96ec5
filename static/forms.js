/* Measures a form at the widths of pages, for what is copied into them. */
"use strict";

(() => {
  const WIDTHS = [320, 360, 400, 440, 480, 520, 560, 640, 720];
  const place = document.querySelector("[data-measure]");
  const frame = document.createElement("iframe");
  // No script runs in it.
  frame.sandbox = "allow-same-origin";
  frame.className = "form-measure";
  frame.src = place.dataset.measure;

  /* The same without a script, by the width of the place: each step is all or nothing. */
  function inCss(heights) {
    const steps = WIDTHS.slice(1).map((width, number) => {
      const by = heights[number + 1] - heights[number];
      const from = width - 0.5;
      return by > 0
        ? ` + clamp(0px,(100% - ${from}px)*9999,${by}px)`
        : by < 0 && ` + clamp(${by}px,(${from}px - 100%)*9999,0px)`;
    });
    return `calc(${heights[0]}px${steps.filter(Boolean).join("")})`;
  }

  frame.addEventListener("load", () => {
    const heights = WIDTHS.map((width) => {
      frame.width = width;
      return Math.ceil(frame.contentDocument.body.getBoundingClientRect().height) + 2;
    });
    frame.remove();
    const all = WIDTHS.map((width, number) => `${width}:${heights[number]}`).join(" ");
    for (const code of place.querySelectorAll("code")) {
      code.textContent = code.textContent
        .replace(/data-heights="[^"]*"/, `data-heights="${all}"`)
        .replace(/padding-top:\d+px/, `padding-top:${inCss(heights)}`)
        .replace(/ height="\d+"/, ` height="${Math.max(...heights)}"`);
      code.closest("details").querySelector("[data-copy]").dataset.copy = code.textContent;
    }
  });
  place.append(frame);

  const preview = document.querySelector("iframe[name=preview]");
  document.querySelector(".form-editor form").addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget || !navigator.onLine) return;
    // The page stays: nothing was sent.
    event.stopPropagation();
    // On a phone it lies far below.
    preview.addEventListener("load", () => preview.scrollIntoView({ block: "nearest" }), { once: true });
  });
})();
