/* Hands a simulated trial to the player, and its events to the table. */
(function () {
  "use strict";
  const HOST = "one_trial-stage";

  function whenThere(act) {
    const host = document.getElementById(HOST);
    if (host) { act(host); } else { window.requestAnimationFrame(() => whenThere(act)); }
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.stage = {
    shown: function (text) {
      if (!text) {
        whenThere((host) => { if (host.stagePlayer) { host.stagePlayer.destroy(); } host.replaceChildren(); });
        return [];
      }
      const data = JSON.parse(text), events = data.events, opens = Date.parse(data.opens + "T00:00:00Z");
      whenThere((host) => window.trialclockStage.mount(host, data));
      return events.said.map((said, row) => ({
        row: row,
        day: Math.floor(events.day[row]),
        date: new Date(opens + Math.floor(events.day[row]) * 86400000).toISOString().slice(0, 10),
        site: events.site[row] < 0 ? "" : data.sites[events.site[row]].label,
        said: said.charAt(0).toUpperCase() + said.slice(1)
      }));
    },
    gone: function (cell) {
      const host = document.getElementById(HOST);
      if (cell && host && host.stagePlayer) { host.stagePlayer.seek(Number(cell.rowId) + 1); }
      return window.dash_clientside.no_update;
    }
  };
}());
