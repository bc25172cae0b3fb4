/* The Plan page: the newest answer to the question that is asked now. */
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {};

  function withoutDraft(query) {
    var fields = new URLSearchParams((query || "").replace(/^\?/, ""));
    fields.delete("draft");
    return fields.toString();
  }

  window.dash_clientside.plan = {
    moved: function (says, query) {
      var stays = (says || []).some(function (one) { return one[0] === "plan-query" && one[1].data === (query || ""); });
      if (stays) { return window.dash_clientside.no_update; }
      (says || []).forEach(function (one) { window.dash_clientside.set_props(one[0], one[1]); });
      return window.dash_clientside.no_update;
    },
    answered: function (first, refined, query) {
      var now = withoutDraft(query);
      if (refined && withoutDraft(refined.query) === now) { return refined.shown; }
      if (first && withoutDraft(first.query) === now) { return first.shown; }
      return window.dash_clientside.no_update;
    }
  };
}());
