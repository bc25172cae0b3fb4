/* The timeline: one lane per participant, from referral to leaving, and a line for the current day. */
(function (root) {
  "use strict";
  const {FONT, outline, SHAPES} = root.trialclockStage;
  const TOP = 22, BOTTOM = 6, MOST = 400, MONTHS = ["Jan", "Apr", "Jul", "Oct"];

  class Lanes {
    /* `host` holds the canvas, the line of the current day, the veil over the future, and the bar of the followed. */
    constructor(host, trial, seek, follow) {
      this.trial = trial;
      this.host = host;
      this.canvas = document.createElement("canvas");
      this.canvas.setAttribute("aria-hidden", "true");
      this.veil = document.createElement("div");
      this.veil.className = "stage-veil";
      this.bar = document.createElement("div");
      this.bar.className = "stage-bar";
      this.now = document.createElement("div");
      this.now.className = "stage-now";
      host.append(this.bar, this.canvas, this.veil, this.now);
      this.people = trial.byNumber.filter((person) => person !== undefined).slice(0, MOST);
      host.addEventListener("click", (event) => {
        const box = host.getBoundingClientRect(), lane = Math.floor((event.clientY - box.top - TOP) / this.lane);
        seek(this.dayAt(event.clientX - box.left));
        if (lane >= 0 && lane < this.people.length) { follow(this.people[lane]); }
      });
      this.resize();
    }

    resize() {
      const ratio = Math.min(window.devicePixelRatio || 1, 2), n = this.people.length;
      this.width = Math.max(this.host.clientWidth, 240);
      this.left = 34;
      this.lane = n > 100 ? 6 : 10;
      this.height = TOP + n * this.lane + BOTTOM;
      this.host.style.height = this.height + "px";
      this.canvas.width = Math.round(this.width * ratio);
      this.canvas.height = Math.round(this.height * ratio);
      this.canvas.style.width = this.width + "px";
      this.canvas.style.height = this.height + "px";
      this.ratio = ratio;
      this.paint();
    }

    x(day) {
      const data = this.trial.data;
      return this.left + (day - data.first_day) / (data.last_day - data.first_day || 1) * (this.width - this.left - 8);
    }
    dayAt(x) {
      const data = this.trial.data, share = (x - this.left) / (this.width - this.left - 8);
      return data.first_day + Math.min(Math.max(share, 0), 1) * (data.last_day - data.first_day);
    }
    y(i) { return TOP + (i + 0.5) * this.lane; }

    paint() {
      const pen = this.canvas.getContext("2d"), style = window.getComputedStyle(this.host);
      this.get = (name) => style.getPropertyValue("--stage-" + name).trim();
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      pen.clearRect(0, 0, this.width, this.height);
      this._periods(pen);
      this._axis(pen);
      this.people.forEach((person, i) => this._person(pen, person, i));
    }

    _periods(pen) {
      pen.fillStyle = this.get("period");
      this.trial.data.periods.forEach(([, from, to]) => {
        const last = Math.min(to, this.trial.data.last_day);
        if (from < last) { pen.fillRect(this.x(from), TOP - 2, this.x(last) - this.x(from), this.height - TOP); }
      });
    }

    _axis(pen) {
      const data = this.trial.data, date = this.trial.dateOf(data.first_day), months = this.width < 560 ? 12 : 3;
      pen.font = "11px " + FONT;
      pen.textBaseline = "middle";
      pen.textAlign = "left";
      let last = -100;
      for (let year = date.getUTCFullYear(), month = 0; ; month += months) {
        const at = Date.UTC(year, month, 1), day = (at - this.trial.opens) / 86400000;
        if (day > data.last_day) { break; }
        if (day < data.first_day) { continue; }
        const x = this.x(day), when = new Date(at), isYear = when.getUTCMonth() === 0;
        pen.strokeStyle = this.get("line");
        pen.beginPath();
        pen.moveTo(Math.round(x) + 0.5, TOP - 4);
        pen.lineTo(Math.round(x) + 0.5, this.height);
        pen.stroke();
        const text = isYear || months === 12 ? String(when.getUTCFullYear()) : MONTHS[when.getUTCMonth() / 3];
        if (x - last < 40) { continue; }
        pen.fillStyle = this.get(isYear ? "ink" : "soft");
        pen.fillText(text, x + 2, 10);
        last = x;
      }
    }

    _person(pen, person, i) {
      const trial = this.trial, rows = trial.eventsOf(person), y = this.y(i), data = trial.data, arm = data.people.arm[person];
      const colour = this.get("arm-" + (arm % 6)), taken = rows.find((row) => trial.isKind(row, "participant.randomised"));
      const end = rows.find((row) => trial.isKind(row, "participant.left") || trial.isKind(row, "participant.completed"));
      const last = end === undefined ? data.last_day : trial.day(end);
      if ((i + 1) % 5 === 0 || i === 0) {
        pen.font = "10px " + FONT;
        pen.textAlign = "right";
        pen.fillStyle = this.get("soft");
        pen.fillText(String(data.people.number[person]), this.left - 6, y);
      }
      this._line(pen, trial.day(rows[0]), trial.day(taken), y, this.get("soft"), 2);
      this._line(pen, trial.day(taken), last, y, colour, 3);
      rows.forEach((row) => this._tick(pen, row, y));
      if (end !== undefined) { this._end(pen, this.x(last), y, trial.isKind(end, "participant.completed"), arm, colour); }
    }
    _line(pen, from, to, y, colour, width) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(this.x(from), y);
      pen.lineTo(this.x(to), y);
      pen.stroke();
    }
    _tick(pen, row, y) {
      const x = this.x(this.trial.day(row)), isGiven = this.trial.isKind(row, "dose.given");
      if (isGiven || this.trial.isKind(row, "dose.missed")) {
        pen.beginPath();
        pen.arc(x, y, this.lane * 0.28, 0, 2 * Math.PI);
        pen.fillStyle = this.get(isGiven ? "cell" : "paper");
        pen.fill();
        pen.strokeStyle = this.get("cell");
        pen.lineWidth = 1;
        pen.stroke();
      } else if (this.trial.isKind(row, "visit.done")) {
        pen.strokeStyle = this.get("ink");
        pen.lineWidth = 1;
        pen.beginPath();
        pen.moveTo(x, y - this.lane * 0.36);
        pen.lineTo(x, y + this.lane * 0.36);
        pen.stroke();
      }
    }
    _end(pen, x, y, isComplete, arm, colour) {
      const r = this.lane * 0.36;
      if (isComplete) {
        outline(pen, SHAPES[arm % SHAPES.length], x, y, r);
        pen.fillStyle = colour;
        pen.fill();
        return;
      }
      pen.strokeStyle = this.get("ink");
      pen.lineWidth = 1.6;
      pen.beginPath();
      pen.moveTo(x - r, y - r);
      pen.lineTo(x + r, y + r);
      pen.moveTo(x + r, y - r);
      pen.lineTo(x - r, y + r);
      pen.stroke();
    }

    /* Move the line of the current day; cheap enough for every frame. */
    show(day, followed) {
      const x = this.x(day);
      this.now.style.transform = "translateX(" + x + "px)";
      this.veil.style.transform = "translateX(" + x + "px)";
      const lane = this.people.indexOf(followed);
      this.bar.hidden = lane < 0;
      if (lane >= 0) {
        this.bar.style.transform = "translateY(" + (TOP + lane * this.lane) + "px)";
        this.bar.style.height = this.lane + "px";
      }
    }
  }

  Object.assign(root.trialclockStage, {Lanes});
}(window));
