/* A long answer shows one of its sections at a time, chosen in its contents, which stay: beside it, or above it where the
   window is narrow. On paper all of them follow one another. */
(function () {
  "use strict";
  var BAR_PX = 56;  // as --bar in scale.css
  var chosen = "";  // stays chosen when a better answer takes the place of a first one

  function show(body, id) {
    var parts = body.querySelectorAll(".report-part"), links = body.querySelectorAll(".contents a");
    var open = Array.prototype.filter.call(parts, function (part) { return part.id === id; })[0] || parts[0];
    parts.forEach(function (part) { part.classList.toggle("is-open", part === open); });
    links.forEach(function (link) {
      if (link.hash === "#" + open.id) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
    });
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest(".report-body .contents a") : null;
    if (!link) { return; }
    chosen = link.hash.slice(1);
    var body = link.closest(".report-body");
    show(body, chosen);
    event.preventDefault();
    if (body.getBoundingClientRect().top < BAR_PX) { body.scrollIntoView(); }
  });

  new MutationObserver(function () {
    document.querySelectorAll(".report-body:not(.is-tabbed)").forEach(function (body) {
      if (!body.querySelector(".contents a")) { return; }
      body.classList.add("is-tabbed");
      show(body, chosen);
    });
  }).observe(document.documentElement, {childList: true, subtree: true});
}());
