/* The input of a place for files is hidden by Dash, and has no name for those who hear a page: it gets that of its place. */
(function () {
  "use strict";

  function named() {
    document.querySelectorAll("input[type=file]:not([aria-label])").forEach(function (input) {
      var text = input.parentElement ? input.parentElement.textContent.trim() : "";
      if (text) { input.setAttribute("aria-label", text.slice(0, 120)); }
    });
  }
  new MutationObserver(named).observe(document.documentElement, {childList: true, subtree: true});
}());
