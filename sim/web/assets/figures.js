/* Figures as PNG and SVG, tables as CSV: made in the browser, with nothing sent anywhere. */
(function () {
  "use strict";

  var WIDTH = 1000;
  var TITLE_PX = 44;  // above a figure that is taken away
  var PAPER = 680;  // pixels between the margins of A4

  function saved(name, type, text) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: type}));
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  /* A figure that is taken away says what it shows. What it has above its axes moves down by as much. */
  function titled(layout, heading, margin) {
    if (!heading) { return; }
    layout.margin = Object.assign({}, layout.margin, {t: ((layout.margin || {}).t || margin.t || 0) + TITLE_PX});
    layout.title = {text: heading.textContent.replace(/</g, "&lt;"), font: {size: 20}, x: 0.01, xanchor: "left",
      y: 1, yanchor: "top", yref: "container", pad: {t: 14}};
  }

  function cell(text) {
    text = text.trim();
    if (/^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) && isNaN(Number(text))) { text = "'" + text; }  // no formula
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function csv(table) {
    return Array.prototype.map.call(table.rows, function (row) {
      return Array.prototype.map.call(row.cells, function (found) { return cell(found.textContent); }).join(",");
    }).join("\r\n") + "\r\n";
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button[data-take]") : null;
    if (!button) { return; }
    var exhibit = button.closest(".exhibit");
    var name = button.getAttribute("data-name");
    var what = button.getAttribute("data-take");
    if (what === "csv") {
      saved(name + ".csv", "text/csv;charset=utf-8", "\ufeff" + csv(exhibit.querySelector("table.data")));
      return;
    }
    var graph = exhibit.querySelector(".js-plotly-plot");
    if (!graph || !window.Plotly) { return; }
    var height = Math.round(WIDTH * graph._fullLayout.height / Math.max(graph._fullLayout.width, 640));
    var layout = Object.assign({}, graph.layout, {paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", autosize: false});
    layout.width = WIDTH;
    layout.height = Math.max(height, graph._fullLayout.height) + TITLE_PX;
    titled(layout, exhibit.querySelector(".exhibit-title"), graph._fullLayout.margin);
    window.Plotly.downloadImage({data: graph.data, layout: layout},
      {format: what, width: layout.width, height: layout.height, scale: what === "png" ? 2 : 1, filename: name});
  });

  /* plotly.js once: each figure of a page that has none yet would load and run it again, and all of them at the same
     time. A page without figures asks for it once it has stood for a while, so that the next page need not: not before,
     since running it keeps the browser busy for as long as everything else that a page needs together. */
  var LATER_MS = 3000, AGAIN_MS = 1500;
  var waiting = null;  // what to do once plotly.js is there; null as long as nobody asked for it
  var appended = document.body ? document.body.appendChild : Node.prototype.appendChild;

  function isPlotly(node) {
    return node.tagName === "SCRIPT" && /\/plotly\/package_data\/plotly\.[^/]*js$/.test(node.src);
  }

  function appendOnce(node) {
    if (!isPlotly(node)) { return appended.call(this, node); }
    whenReady(node.src, function () { if (node.onload) { node.onload(); } });
    return node;
  }

  function whenReady(source, ready) {
    if (window.Plotly && window.Plotly.newPlot) { setTimeout(ready, 0); return; }
    if (waiting) { waiting.push(ready); return; }
    waiting = [ready];
    ask(source);
  }

  // Dash breaks the whole page when this script fails to load, so it is asked for until it comes.
  function ask(source) {
    var script = document.createElement("script");
    script.async = true;
    script.src = source;
    script.onload = function () { waiting.forEach(function (ready) { ready(); }); };
    script.onerror = function () { script.remove(); setTimeout(ask, AGAIN_MS, source); };
    appended.call(document.body, script);
  }

  function load() {
    var config = document.getElementById("_dash-config");
    if (!config) { return; }
    whenReady(JSON.parse(config.textContent).requests_pathname_prefix +
      "_dash-component-suites/plotly/package_data/plotly.min.js", function () {});
  }

  function preload() {
    document.body.appendChild = appendOnce;
    var waits = new MutationObserver(function () {
      var page = document.getElementById("page");
      if (!page || !page.children.length) { return; }
      waits.disconnect();
      setTimeout(load, LATER_MS);
    });
    waits.observe(document.documentElement, {childList: true, subtree: true});
  }
  if (document.body) { preload(); } else { document.addEventListener("DOMContentLoaded", preload); }

  /* On paper a figure is as wide as the page, redrawn so that its words keep their size. */
  function drawAt(layout) {
    if (!window.Plotly) { return; }
    document.querySelectorAll(".js-plotly-plot").forEach(function (graph) { window.Plotly.relayout(graph, layout); });
  }
  var SCHEME = "data-mantine-color-scheme", onScreen = null;  // paper is white, whatever the screen is
  window.addEventListener("beforeprint", function () {
    onScreen = document.documentElement.getAttribute(SCHEME);
    document.documentElement.setAttribute(SCHEME, "light");
    drawAt({width: PAPER, autosize: false});
  });
  window.addEventListener("afterprint", function () {
    document.documentElement.setAttribute(SCHEME, onScreen || "light");
    drawAt({width: null, autosize: true});
  });

  /* A file that is too large is reported at once: the server would not even read it. */
  function tooLarge(zone, files) {
    var most = Number(zone.getAttribute("data-most-bytes"));
    return Array.prototype.filter.call(files || [], function (file) { return file.size > most; })[0];
  }

  function look(event) {
    var zone = event.target.closest ? event.target.closest("[data-most-bytes]") : null;
    if (!zone) { return; }
    var files = event.type === "drop" ? event.dataTransfer && event.dataTransfer.files : event.target.files;
    var file = tooLarge(zone, files);
    if (!file) { return; }
    event.stopPropagation();
    event.preventDefault();
    var most = Number(zone.getAttribute("data-most-bytes")) / 1e6;
    window.dash_clientside.set_props(zone.getAttribute("data-said-at"), {
      children: file.name + ": is larger than " + most + " MB, which is the most that is read here (got " +
        (file.size / 1e6).toFixed(1) + " MB)"
    });
  }
  document.addEventListener("change", look, true);
  document.addEventListener("drop", look, true);
}());
