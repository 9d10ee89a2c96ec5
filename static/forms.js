/* Measures a form at the widths of pages, for what is copied into them. */
"use strict";

(() => {
  const WIDTHS = [320, 360, 400, 440, 480, 520, 560, 640, 720];
  const place = document.querySelector("[data-measure]");
  const frame = document.createElement("iframe");
  // No script runs in it.
  frame.sandbox = "allow-same-origin";
  frame.className = "form-measure";
  frame.tabIndex = -1;
  frame.ariaHidden = "true";
  frame.src = place.dataset.measure;

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
        .replace(/min-height:\d+px/, `min-height:${heights.at(-1)}px`)
        .replace(/ height="\d+"/, ` height="${Math.max(...heights)}"`);
      code.closest("details").querySelector("[data-copy]").dataset.copy = code.textContent;
    }
  });
  place.append(frame);

  const preview = document.querySelector("iframe[name=preview]");
  document.querySelector(".form-editor form").addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget || !navigator.onLine) return;
    // The page stays, with what is typed in it: it is not as if it were sent.
    event.stopPropagation();
    // On a phone the preview lies far below its button.
    preview.addEventListener("load", () => preview.scrollIntoView({ block: "nearest" }), { once: true });
  });
})();
