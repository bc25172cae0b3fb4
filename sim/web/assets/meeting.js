/* Full screen, and the link of the page to the clipboard, which on an address without https only the old way can. */
(function () {
  "use strict";

  function copied(text) {
    var area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.appendChild(area);
    area.select();
    var isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("[data-copy-link], [data-full-screen]") : null;
    if (!button) { return; }
    var screen = document.getElementById(button.getAttribute("data-full-screen"));
    if (screen) { screen.requestFullscreen(); return; }
    var said = document.getElementById(button.getAttribute("data-copy-link"));
    var link = window.location.href;
    function say(isDone) {
      if (said) { said.textContent = isDone ? "The link is copied." : "Copy it by hand: " + link; }
      button.focus();
    }
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(link).then(function () { say(true); }, function () { say(copied(link)); });
    } else {
      say(copied(link));
    }
  });
}());
