/* Tables behind figures. Each comes as one part of the page with its cells as data, and is drawn here: a part for every
   cell would make the page answer a moved lever seconds later. */
(function () {
  "use strict";

  var WHOLE = /(\d{4}-\d\d-\d\d|[\d.,]+ %)/;  // the heads of rows and columns may break, but not in these

  function cell(kind, text, scope) {
    var made = document.createElement(kind);
    text.split(WHOLE).forEach(function (part, i) {
      if (!(i % 2)) { made.append(part); return; }
      var whole = document.createElement("span");
      whole.className = "whole";
      whole.textContent = part;
      made.append(whole);
    });
    if (scope) { made.scope = scope; }
    return made;
  }

  function row(texts, make) {
    var made = document.createElement("tr");
    texts.forEach(function (text, i) { made.appendChild(make(text, i)); });
    return made;
  }

  function drawn(data) {
    var table = document.createElement("table"), head = document.createElement("thead");
    var body = document.createElement("tbody");
    table.className = "data";
    table.createCaption().textContent = data.caption;
    head.appendChild(row(data.columns, function (text) { return cell("th", text, "col"); }));
    data.rows.forEach(function (texts) {
      body.appendChild(row(texts, function (text, i) { return i ? cell("td", text) : cell("th", text, "row"); }));
    });
    table.append(head, body);
    return table;
  }

  function draw(place) {
    var text = place.getAttribute("data-table");
    if (place.tableText === text) { return; }
    place.tableText = text;
    place.replaceChildren(drawn(JSON.parse(text)));
  }

  function drawAll(changes) {
    changes.forEach(function (change) {
      if (change.type === "attributes") { draw(change.target); return; }
      change.addedNodes.forEach(function (node) {
        if (node.nodeType !== 1) { return; }
        if (node.hasAttribute("data-table")) { draw(node); }
        node.querySelectorAll("[data-table]").forEach(draw);
      });
    });
  }
  new MutationObserver(drawAll).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ["data-table"]});
}());
