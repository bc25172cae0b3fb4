(function () {
  "use strict";
  var NARROW = 480, PAPER = 680, TALL = 780;  // pixels; A4 between its margins is 680 wide, and 1000 high
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

  // Marks that must stand out from the blue of the lines they are on.
  function inkOf(data, isDark) {
    if (!isDark) { return; }
    data.forEach(function (trace) {
      [trace.line, trace.marker].forEach(function (look) {
        if (look && look.color === "#004B75") { look.color = "#ffffff"; }
      });
    });
  }

  // Bars end early enough for the values written at their ends.
  function makeRoom(figure, width) {
    var labels = figure.data[1], room = Math.max(width - 170, 80), letter = width < NARROW ? 6.2 : 7.4;
    var last = labels.x.map(function (x, i) {
      return x / (1 - Math.min(labels.text[i].length * letter / room, 0.75));
    });
    figure.layout.xaxis.range[1] = Math.max.apply(null, last.concat(1e-9));
  }

  function draw(node, onPaper) {
    var figure = JSON.parse(document.getElementById(node.dataset.name + "-data").textContent);
    var layout = figure.layout, width = onPaper ? PAPER : node.clientWidth;
    colours(layout, dark.matches && !onPaper);
    inkOf(figure.data, dark.matches && !onPaper);
    if (width < NARROW) {
      layout.template.layout.font.size = 11;
      figure.data.forEach(function (trace) { if (trace.meta && trace.meta.narrow) { trace.text = trace.meta.narrow; } });
      (layout.annotations || []).forEach(function (note) { if (note.font) { note.font.size = 10; } });
    }
    if (onPaper) {  // a figure has its heading and its words on the same page
      layout.width = PAPER;
      layout.height = Math.min(layout.height, layout.meta && layout.meta.height_on_paper || TALL);
    }
    if (layout.meta && layout.meta.values_at_bars) { makeRoom(figure, width); }
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
