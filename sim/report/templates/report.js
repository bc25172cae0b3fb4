(function () {
  "use strict";
  var NARROW = 480, PAPER = 680;  // pixels; A4 between its margins is 680 wide
  var config = {
    displaylogo: false,
    displayModeBar: window.matchMedia("(hover: hover)").matches ? "hover" : false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    responsive: true,
    showSendToCloud: false
  };
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  var drawn = {};

  function colours(layout, isDark) {
    var base = layout.template.layout, ink = isDark ? "#e8eaed" : "#1c1e21", grid = isDark ? "#3a3f45" : "#dadada";
    base.font.color = ink;
    base.xaxis.gridcolor = base.yaxis.gridcolor = grid;
    base.hoverlabel.bgcolor = isDark ? "#202327" : "#ffffff";
    base.hoverlabel.font = {color: ink};
  }

  function draw(node, onPaper) {
    var figure = JSON.parse(document.getElementById(node.dataset.name + "-data").textContent);
    var layout = figure.layout, width = onPaper ? PAPER : node.clientWidth;
    colours(layout, dark.matches && !onPaper);
    if (width < NARROW) {
      layout.template.layout.font.size = 11;
      (layout.annotations || []).forEach(function (note) { if (note.font) { note.font.size = 10; } });
    }
    if (onPaper) { layout.width = PAPER; }
    drawn[node.id] = true;
    return Plotly.react(node, figure.data, layout, config);
  }

  function drawNext() {
    var node = plots.filter(function (plot) { return !drawn[plot.id]; })[0];
    if (!node) { document.documentElement.dataset.drawn = "all"; return; }
    draw(node, false);
    window.setTimeout(drawNext, 0);
  }

  function open(isOpen) {
    document.querySelectorAll("details.data:not([data-long])").forEach(function (item) { item.open = isOpen; });
  }

  window.addEventListener("beforeprint", function () {
    open(true);
    plots.forEach(function (node) { draw(node, true); });
  });
  window.addEventListener("afterprint", function () {
    open(false);
    plots.forEach(function (node) { draw(node, false); });
  });
  dark.addEventListener("change", function () { plots.forEach(function (node) { draw(node, false); }); });
  drawNext();
}());
