/* The page New trial: after something was added or removed, the keyboard goes on at that place. */
(function () {
  "use strict";
  var WAIT_MS = 60, TRIES = 40;

  function focusAt(path, tries) {
    var found = null;
    document.querySelectorAll("#new-form [data-path]").forEach(function (part) {
      if (part.getAttribute("data-path") === path) { found = part; }
    });
    if (!found) {
      if (tries > 0) { setTimeout(function () { focusAt(path, tries - 1); }, WAIT_MS); }
      return;
    }
    var control = found.querySelector("input:not([disabled]), textarea, select, button");
    if (control) { control.focus(); }
    found.scrollIntoView({block: "nearest"});
  }

  // Enter in the name of what is to be added presses the button beside it
  document.addEventListener("keydown", function (event) {
    var adder = event.key === "Enter" && event.target.matches("#new-form .adder input:not([aria-haspopup])")
      ? event.target.closest(".adder") : null;
    if (adder && event.target.value.trim()) { setTimeout(function () { adder.querySelector("button").click(); }, WAIT_MS); }
  });

  // A part is opened here and not by its button's own callback: an answer under way may draw the button anew, and what a
  // button asked that is no longer there is dropped.
  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest(".builder-side button[data-part]") : null;
    if (button) { window.dash_clientside.set_props("new-part", {data: button.getAttribute("data-part")}); }
  });

  // On a phone the parts are one row that scrolls; it is drawn again with each change, and the open part stays in sight.
  var open = null;
  new MutationObserver(function () {
    var now = document.querySelector("#new-parts [aria-current]");
    if (!now || now === open) { return; }
    open = now;
    var row = now.closest("ul");
    row.scrollLeft = now.offsetLeft - row.offsetLeft - (row.clientWidth - now.clientWidth) / 2;
  }).observe(document.documentElement, {childList: true, subtree: true});

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.newTrial = {
    focus: function (path) { setTimeout(function () { focusAt(path, TRIES); }, WAIT_MS); }
  };
}());
