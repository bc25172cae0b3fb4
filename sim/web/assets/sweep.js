/* The Sweep page: a path is found by its label or as it is written, and may be typed whole. */
(function () {
  "use strict";
  var BY_HAND = "By hand";
  var WHOLE_PATH = /^[A-Za-z_][\w-]*(\.[\w-]+)+$/;

  function searched(text) { return (text || "").toLowerCase().replace(/[_.:,()]+/g, " "); }

  function fits(option, words) {
    var text = searched(option.label + " " + option.value);
    return words.every(function (word) { return text.indexOf(word) >= 0; });
  }

  window.dashMantineFunctions = window.dashMantineFunctions || {};
  window.dashMantineFunctions.leverFilter = window.dashMantineFunctions.sweepFilter = function (given) {
    var words = searched(given.search).split(" ").filter(Boolean);
    return given.options.map(function (group) {
      return {group: group.group, items: group.items.filter(function (option) { return fits(option, words); })};
    }).filter(function (group) { return group.items.length > 0; });
  };
  window.dashMantineFunctions.sweepOption = function (given) {
    var option = given.option, make = window.React.createElement;
    return option.label === option.value
      ? make("span", null, option.value)
      : make("span", {className: "path-option"}, option.label, make("small", null, option.value));
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sweep = {
    // The answer to a path comes later than it was chosen; values that were typed meanwhile stay.
    begun: function (begin) {
      var id = window.dash_clientside.callback_context.outputs_list.id;
      var box = document.getElementById(JSON.stringify({n: id.n, type: id.type}));
      return box && box.value === begin.before ? begin.values : window.dash_clientside.no_update;
    },

    // A path that is typed whole, and that is not offered, can be chosen too.
    typed: function (search, data, value) {
      var same = window.dash_clientside.no_update, text = (search || "").trim();
      var offered = (data || []).filter(function (group) { return group.group !== BY_HAND; });
      var all = offered.reduce(function (found, group) { return found.concat(group.items); }, []);
      if (!WHOLE_PATH.test(text) || all.some(function (option) { return option.value === text; })) { return same; }
      var written = [text].concat(value && value !== text ? [value] : []).filter(function (path) {
        return !all.some(function (option) { return option.value === path; });
      });
      var items = written.map(function (path) { return {value: path, label: path}; });
      return offered.concat([{group: BY_HAND, items: items}]);
    }
  };
}());
