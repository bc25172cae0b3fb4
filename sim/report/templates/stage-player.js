/* Plays one simulated trial: the calendar, the controls, and what each shows. */
(function (root) {
  "use strict";
  const {Trial, countBelow, Picture, Lanes, Curve, make, write, Head, Legend, Recent, Followed, Census} = root.trialclockStage;
  const SPEEDS = [
    {text: "1 day a second", days: 1, linger: 1.6},
    {text: "5 days a second", days: 5, linger: 0.8},
    {text: "20 days a second", days: 20, linger: 0.25},
    {text: "100 days a second", days: 100, linger: 0.03}
  ];
  const LINGER = {"chart.failed": 0.25, "consent.refused": 0.5, "visit.done": 0.4, "visit.missed": 0.4, "dose.due": 0.4,
    "consent.given": 0.5, "screening.passed": 0.5, "lot.started": 0.3, "lot.harvested": 0.3, "lot.released": 0.3};
  const MILESTONES = ["site.activated", "site.closed", "participant.randomised", "participant.left", "participant.completed",
    "participant.replaced", "dose.missed", "dose.lost", "lot.failed", "enrolment.paused", "enrolment.resumed",
    "board.review_started", "board.review_ended", "recruitment.closed", "recruitment.reopened", "database.locked", "trial.ended"];
  const LONGEST_FRAME = 0.1, TEXT_SECONDS = 0.1, TABLE_SECONDS = 0.4, MANY = 40;
  const DAY = 1e-7;  // days are rounded; what happens on the instant has happened

  class Player {
    constructor(host, data) {
      this.host = host;
      this.trial = new Trial(data);
      this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
      this.isPlaying = false;
      this.first = Math.min(1, this.trial.n);  // it begins at its first event
      this.trial.seek(this.first);
      this.day = this.first ? this.trial.day(0) : data.first_day;
      this.speed = 2;
      this.wait = 0;
      this._sinceText = this._sinceTable = 0;
      this._build();
      this._listen();
      this.show(true);
    }

    /* --- the page's parts */

    _build() {
      const trial = this.trial, follow = (person) => this.follow(person);
      this.curve = new Curve(trial);
      this.head = new Head(trial, this.curve.node);
      this.said = make("p", {class: "stage-said"});
      this.conditions = make("p", {class: "stage-conditions"});
      this.live = make("p", {class: "stage-live", "aria-live": "polite", role: "status"});
      this.canvas = make("canvas", {class: "stage-canvas", role: "img", tabindex: "0", "aria-label": "The trial"});
      this.legend = new Legend(trial, this.host);
      this.recent = new Recent(trial, follow);
      this.followed = new Followed(trial, follow, (cursor) => this.seek(cursor));
      this.census = new Census(trial);
      const lanes = make("div", {class: "stage-lanes", "aria-hidden": "true"});
      this.host.classList.add("stage");
      this.host.classList.toggle("compact", this.host.hasAttribute("data-compact"));
      this.host.replaceChildren(
        this.head.node, this._controls(), make("div", {class: "stage-saying"}, this.said, this.conditions),
        make("div", {class: "stage-picture"}, this.canvas), this.legend.node, this.keys,
        make("div", {class: "stage-side"}, this.recent.node, this.followed.node),
        make("h3", {text: "Everyone's way through the trial"}),
        make("p", {class: "stage-hint stage-lanes-hint", text: "A line a participant, in the order of " + trial.data.words.randomisation + ": grey until then, and afterwards "
          + "in the colour of their arm, with doses, visits and how they left. Shaded stretches of the calendar are named "
          + "periods of the scenario, such as holidays. What is still to come is pale. Click to go there."}),
        lanes, this.census.node, this.live);
      this.picture = new Picture(this.canvas, trial, () => this.calm.matches);
      this.lanes = new Lanes(lanes, trial, (day) => this.seekDay(day), follow);
      this.legend.paint();
    }

    _controls() {
      const button = (name, text, label, act) => {
        const node = make("button", {type: "button", class: "stage-button", "data-act": name, "aria-label": label, title: label}, text);
        node.addEventListener("click", act);
        return node;
      };
      this.playButton = button("play", "▶ Play", "Play", () => this.toggle());
      this.playButton.classList.add("stage-main");
      this.slider = make("input", {type: "range", class: "stage-slider", min: this.trial.data.first_day,
        max: this.trial.data.last_day, step: "any", "aria-label": "Day of the trial"});
      this.slider.addEventListener("input", () => this.seekDay(Number(this.slider.value)));
      this.speedSelect = make("select", {id: "stage-speed"}, ...SPEEDS.map((speed, i) => make("option", {value: i, text: speed.text})));
      this.speedSelect.value = String(this.speed);
      this.speedSelect.addEventListener("change", () => { this.speed = Number(this.speedSelect.value); });
      this.linger = make("input", {type: "checkbox", id: "stage-linger", checked: true});
      this.stops = make("select", {id: "stage-stops"}, make("option", {value: "all", text: "every event"}),
        make("option", {value: "milestones", text: "what matters most"}), make("option", {value: "person", text: "whom I follow"}));
      const field = (id, text, node) => make("span", {class: "stage-field"}, make("label", {for: id, text}), node);
      const full = button("full", "Full screen", "Full screen", () => {
        if (document.fullscreenElement) { document.exitFullscreen(); } else { this.host.requestFullscreen(); }
      });
      full.hidden = !this.host.requestFullscreen;
      const row = make("div", {class: "stage-buttons"}, button("start", "|◀", "To the start", () => this.seek(this.first)),
        button("back", "◀ Back", "Previous event", () => this.stepBack()), this.playButton,
        button("next", "Next ▶", "Next event", () => this.stepOn()), field("stage-stops", "Step to", this.stops),
        field("stage-speed", "Speed", this.speedSelect),
        make("span", {class: "stage-field"}, this.linger, make("label", {for: "stage-linger", text: "linger at events"})), full);
      const keys = make("p", {class: "stage-keys", text: "Keys: space plays and pauses, ← → step, Home and End, + − speed."});
      this.keys = keys;
      return make("div", {class: "stage-controls", role: "group", "aria-label": "Player"}, row, this.slider);
    }

    _listen() {
      this.host.addEventListener("keydown", (event) => this._key(event));
      this.canvas.addEventListener("click", (event) => {
        const box = this.canvas.getBoundingClientRect();
        this.follow(this.picture.personAt(event.clientX - box.left, event.clientY - box.top));
      });
      this.canvas.addEventListener("mousemove", (event) => {
        const box = this.canvas.getBoundingClientRect();
        const person = this.picture.personAt(event.clientX - box.left, event.clientY - box.top);
        this.canvas.style.cursor = person < 0 ? "default" : "pointer";
        this.canvas.title = person < 0 ? "" : this._shortName(person);
      });
      this.sizes = new ResizeObserver(() => {
        if (this.host.clientWidth !== this._width) {
          this._width = this.host.clientWidth;
          this.picture.resize();
          this.lanes.resize();
          this.curve.resize();
          this.draw(0);
        }
      });
      this.sizes.observe(this.host);
      this._repaint = () => window.requestAnimationFrame(() => {
        if (!this.host.isConnected) { this.destroy(); return; }
        this.picture.colours();
        this.lanes.paint();
        this.curve.resize();
        this.legend.paint();
        this.draw(0);
      });
      this.scheme = window.matchMedia("(prefers-color-scheme: dark)");
      this.scheme.addEventListener("change", this._repaint);
      this.themes = new MutationObserver(this._repaint);
      this.themes.observe(document.documentElement, {attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
    }

    _key(event) {
      const tag = event.target.tagName, isField = tag === "SELECT" || tag === "INPUT" || tag === "TEXTAREA";
      const acts = {ArrowRight: () => this.stepOn(), ArrowLeft: () => this.stepBack(), Home: () => this.seek(this.first),
        End: () => this.seek(this.trial.n), "+": () => this.faster(1), "-": () => this.faster(-1), " ": () => this.toggle()};
      const isButton = tag === "BUTTON" || tag === "SUMMARY";
      if (isField || event.ctrlKey || event.altKey || event.metaKey || (isButton && event.key === " ") || !acts[event.key]) { return; }
      event.preventDefault();
      acts[event.key]();
    }

    destroy() {
      this.isOver = true;
      window.cancelAnimationFrame(this._frame);
      this.sizes.disconnect();
      this.themes.disconnect();
      this.scheme.removeEventListener("change", this._repaint);
    }

    /* --- what a person does */

    toggle() { if (this.isPlaying) { this.pause(); } else { this.play(); } }
    play() {
      if (this.trial.cursor >= this.trial.n) { this.seek(this.first); }
      this.isPlaying = true;
      this.wait = 0;
      write(this.playButton, "❚❚ Pause");
      this.playButton.setAttribute("aria-label", "Pause");
      this._run();
    }
    pause() {
      this.isPlaying = false;
      write(this.playButton, "▶ Play");
      this.playButton.setAttribute("aria-label", "Play");
      this.show(true);
    }
    faster(by) {
      this.speed = Math.min(Math.max(this.speed + by, 0), SPEEDS.length - 1);
      this.speedSelect.value = String(this.speed);
    }
    follow(person) {
      this.picture.followed = person;
      this.followed.follow(person);
      this.show(true);
    }

    _isStop(row) {
      const trial = this.trial;
      if (trial.isToldWithNext(row)) { return false; }
      if (this.stops.value === "person" && this.followed.person >= 0) {
        return trial.data.events.person[row] === this.followed.person;
      }
      return this.stops.value !== "milestones" || MILESTONES.includes(trial.data.events.kinds[trial.data.events.kind[row]]);
    }
    stepOn() {
      let last = this.trial.cursor;
      while (last < this.trial.n && !this._isStop(last)) { last += 1; }
      this._stopPlaying();
      if (last >= this.trial.n) { this.seek(this.trial.n); return; }
      if (last - this.trial.cursor > MANY) { this.seek(last + 1); return; }
      while (this.trial.cursor <= last) { this.picture.happened(this.trial.step()); }
      this._arrived();
    }
    stepBack() {
      let last = this.trial.cursor - 2;
      while (last >= 0 && !this._isStop(last)) { last -= 1; }
      this.seek(Math.max(last + 1, this.first));
    }
    seek(cursor) {
      this._stopPlaying();
      this.trial.seek(cursor);
      this.picture.settle();
      this._arrived();
    }
    seekDay(day) {
      const cursor = countBelow(this.trial.data.events.day, day + DAY);
      this.seek(cursor);
      this.day = day;
      this.show(true);
    }
    _stopPlaying() { if (this.isPlaying) { this.pause(); } }
    _arrived() {
      this.day = this.trial.cursor ? this.trial.day(this.trial.cursor - 1) : this.trial.data.first_day;
      this.show(true);
    }

    /* --- the calendar */

    /* Play for a number of seconds: days pass, and events happen, each with a moment of its own. */
    advance(seconds) {
      const trial = this.trial, speed = SPEEDS[this.speed], days = trial.data.events.day;
      let left = seconds;
      while (left > 0 && trial.cursor < trial.n) {
        if (this.wait > 0) {
          const used = Math.min(this.wait, left);
          this.wait -= used;
          left -= used;
          continue;
        }
        const next = days[trial.cursor], gap = Math.max(next - this.day, 0) / speed.days;
        if (gap > left) { this.day += left * speed.days; return; }
        left -= gap;
        this.day = Math.max(this.day, next);
        const row = trial.step();
        this.picture.happened(row);
        this.wait = this.linger.checked ? this._linger(row) * speed.linger : 0;
      }
      if (trial.cursor >= trial.n) { this.pause(); }
    }
    _linger(row) {
      if (this.trial.isToldWithNext(row)) { return 0; }
      const kind = this.trial.data.events.kinds[this.trial.data.events.kind[row]];
      return LINGER[kind] === undefined ? 1 : LINGER[kind];
    }

    _run() {
      if (this._isRunning || this.isOver) { return; }
      this._isRunning = true;
      let last;
      const frame = (now) => {
        const seconds = last === undefined ? 0 : Math.min((now - last) / 1000, LONGEST_FRAME);
        last = now;
        if (this.isOver || !this.host.isConnected) { this.destroy(); return; }
        if (this.isPlaying) { this.advance(seconds); }
        this.draw(seconds);
        this._isRunning = this.isPlaying || this.picture.isMoving;
        if (this._isRunning) { this._frame = window.requestAnimationFrame(frame); }
      };
      this._frame = window.requestAnimationFrame(frame);
    }

    draw(seconds) {
      this.picture.frame(seconds);
      this.lanes.show(this.day, this.followed.person);
      this.curve.show(this.day);
      this._sinceText += seconds;
      this._sinceTable += seconds;
      if (this._sinceText > TEXT_SECONDS) { this._sinceText = 0; this._texts(); }
      if (this._sinceTable > TABLE_SECONDS) { this._sinceTable = 0; this.census.show(this.day); this.followed.show(); }
    }

    /* Everything at once, as after a step; said aloud where somebody listens. */
    show(isSaid) {
      this._texts();
      this.census.show(this.day);
      this.followed.show();
      this.draw(0);
      if (isSaid && !this.isPlaying) { write(this.live, this.said.textContent); this._describe(); }
      if (this.picture.isMoving) { this._run(); }
    }
    _texts() {
      const trial = this.trial, cursor = trial.cursor;
      this.head.show(this.day);
      write(this.said, cursor ? trial.sentence(cursor - 1) : "Day " + Math.floor(this.day) + ", "
        + trial.isoOf(this.day) + ": nothing has happened yet. Play, or step to the first event.");
      write(this.conditions, trial.conditions().map((found) => found.text).join(" · "));
      if (document.activeElement !== this.slider || !this.isPlaying) { this.slider.value = String(this.day); }
      this.slider.setAttribute("aria-valuetext", trial.when(this.day));
      this.recent.show();
    }
    _describe() {
      const trial = this.trial;
      this.canvas.setAttribute("aria-label", trial.when(this.day) + ". " + trial.count("randomised") + " of " + trial.needed
        + " " + trial.data.words.randomised + ", " + trial.nIn("before") + " being screened or waiting, " + trial.nIn("inside")
        + " in the trial. The table below says where everyone is.");
    }
    _shortName(person) {
      const people = this.trial.data.people;
      return this.trial.isRandomised(person) ? "Participant " + people.number[person] + ", " + this.trial.data.arms[people.arm[person]].name
        : "Patient " + people.referral[person];
    }
  }

  /* Play a document in an element; one that played there before is put away. */
  function mount(host, data) {
    if (host.stagePlayer) { host.stagePlayer.destroy(); }
    host.stagePlayer = new Player(host, data);
    return host.stagePlayer;
  }

  Object.assign(root.trialclockStage, {Player, mount});
  /* A page of one trial in a frame of another page, as trial.html#compact, shows the player alone. */
  document.querySelectorAll("[data-stage]").forEach((host) => {
    if (window.location.hash === "#compact") {
      document.documentElement.classList.add("in-frame");
      host.setAttribute("data-compact", "");
    }
    mount(host, JSON.parse(document.getElementById(host.dataset.stage).textContent));
  });
}(window));
