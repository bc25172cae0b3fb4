/* The trial in a lesson is simulated when it is opened, and again when the controls have moved. */
(function () {
  "use strict";

  function show(details) {
    var frame = details.querySelector("iframe[data-src]");
    if (details.open && frame && frame.getAttribute("src") !== frame.getAttribute("data-src")) {
      frame.setAttribute("src", frame.getAttribute("data-src"));
    }
  }

  document.addEventListener("toggle", function (event) {
    if (event.target.classList && event.target.classList.contains("lesson-watch")) { show(event.target); }
  }, true);
  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      var details = change.target.closest && change.target.closest(".lesson-watch");
      if (details) { show(details); }
    });
  }).observe(document.documentElement, {attributes: true, attributeFilter: ["data-src"], subtree: true});
}());
