// What was read in a recording: lines with their seconds, shots, and the moments at which something begins. It is put on
// the page as text only, never as markup.
class Transcript {
  static readings = new Map(); // source → promise of what the library read in it

  static clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (number) => String(number).padStart(2, '0');
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  static make(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // Changes only what differs, since the page watches for changes.
  static set(node, property, value) {
    if (node[property] !== value) node[property] = value;
  }

  // One player of a source after the other shares one answer; later it is asked again, since drafts grow.
  static read(source) {
    const { readings } = Transcript;
    if (!readings.has(source)) {
      const asked = fetch(`/api/export/${source}?format=json`).then((answer) => (answer.ok ? answer.json() : null));
      readings.set(source, asked.catch(() => null));
      setTimeout(() => readings.delete(source), 30000);
    }
    return readings.get(source);
  }

  constructor(box, signal) {
    this.box = box;
    this.list = box.querySelector('[data-lines]');
    this.strip = box.querySelector('[data-strip]');
    this.moments = []; // seconds at which a segment begins
    this.lines = [];
    this.shots = [];
    this.pictures = [];
    this.touched = 0; // when the person has moved the lines
    for (const event of ['wheel', 'pointerdown', 'touchmove']) {
      this.list.addEventListener(event, () => { this.touched = Date.now(); }, { passive: true, signal });
    }
    this.find = box.querySelector('[data-find]');
    if (this.find) this.find.value = '';
    this.find?.addEventListener('input', () => this.filter(this.find.value), { signal });
    this.names = box.querySelector('[data-speakers]');
    this.speakers = [];
    this.names?.addEventListener('change', (event) => void this.rename(event.target), { signal });
  }

  async fill() {
    const reading = await Transcript.read(this.box.dataset.source);
    if (!reading) return;
    const timed = reading.segments.filter((segment) => segment.place.start !== undefined);
    this.moments = [...new Set(timed.map((segment) => segment.place.start))].sort((a, b) => a - b);
    this.shots = timed.filter((segment) => segment.kind === 'frame');
    this.lines = timed.flatMap((segment) => segment.cues ?? []).map((cue) => this.line(cue));
    if (this.strip) this.pictures = this.shots.map((shot) => this.picture(shot));
    if (this.names) this.speakers = (reading.speakers ?? []).map((speaker) => this.speaker(speaker));
  }

  speaker({ heard, name }) {
    const { make } = Transcript;
    const says = { type: 'text', 'data-heard': heard, value: name, maxlength: 80, placeholder: 'Name', dir: 'auto' };
    return { item: make('label', {}, make('span', { dir: 'auto' }, heard), make('input', says)) };
  }

  // A name that a person gives to a speaker stands in the transcript at once, and is kept in the library.
  async rename(input) {
    const address = `/api/sources/${this.box.dataset.source}/speakers`;
    const body = JSON.stringify({ names: { [input.dataset.heard]: input.value } });
    const sent = { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body };
    const answer = await fetch(address, sent).catch(() => null);
    const { error = 'The name could not be kept.' } = answer?.ok ? {} : ((await answer?.json().catch(() => ({}))) ?? {});
    input.setCustomValidity(answer?.ok ? '' : error);
    input.reportValidity();
    if (!answer?.ok) return;
    Transcript.readings.delete(this.box.dataset.source);
    await this.fill();
    this.mend();
    if (this.find) this.filter(this.find.value);
  }

  // Puts lines and pictures where they belong, if they are not there.
  mend() {
    for (const [list, entries] of [[this.list, this.lines], [this.strip, this.pictures], [this.names, this.speakers]]) {
      if (!list) continue;
      if (list.childElementCount !== entries.length || entries.some(({ item }) => item.parentNode !== list)) {
        list.replaceChildren(...entries.map((entry) => entry.item));
        if (list === this.list && this.lit) requestAnimationFrame(() => this.reveal(this.lit?.item ?? list));
      }
      Transcript.set(list, 'hidden', !entries.length);
    }
  }

  line(cue) {
    const { make, clock } = Transcript;
    const { player, start, end } = this.box.dataset;
    const text = make('span', { dir: 'auto' }, cue.speaker ? `${cue.speaker}: ${cue.text}` : cue.text);
    const button = make('button', { type: 'button', 'data-seek': cue.start }, make('time', {}, clock(cue.start)), text);
    const cited = player !== 'library' && cue.end > Number(start) && cue.start < Number(end);
    button.classList.toggle('fs-cited', cited);
    return { ...cue, button, item: make('li', {}, button) };
  }

  picture(shot) {
    const { make, clock } = Transcript;
    const at = shot.place.start;
    const address = `/api/frame/${this.box.dataset.source}?at=${(shot.frame ?? at).toFixed(3)}&width=240`;
    const picture = make('img', { src: address, alt: '', loading: 'lazy', decoding: 'async' });
    const says = { 'aria-label': `Shot at ${clock(at)}`, title: shot.text.slice(0, 300) };
    const button = make('button', { type: 'button', 'data-seek': at, ...says }, picture, make('time', {}, clock(at)));
    return { shot, button, item: make('li', {}, button) };
  }

  // Only lines and shots that hold all words are shown.
  filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const show = (item, there) => {
      item.hidden = !words.every((word) => there.toLowerCase().includes(word));
      return !item.hidden;
    };
    const lines = this.lines.filter((line) => show(line.item, line.text)).length;
    const shots = this.pictures.filter((picture) => show(picture.item, picture.shot.text)).length;
    const counted = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`;
    const counts = [this.lines.length && counted(lines, 'line'), this.pictures.length && counted(shots, 'shot')];
    this.box.querySelector('[data-found]').textContent = words.length ? counts.filter(Boolean).join(', ') : '';
  }

  // Lights what is said and shown at a second.
  light(now) {
    const at = Transcript.last(this.lines, (line) => line.start, now);
    const line = at >= 0 && now < this.lines[at].end + 1 ? this.lines[at] : null;
    if (line !== this.lit) {
      this.lit?.button.removeAttribute('aria-current');
      line?.button.setAttribute('aria-current', 'true');
      this.lit = line;
    }
    // Also while nobody speaks, what was said last is in sight.
    if (at >= 0 && at !== this.near && Date.now() - this.touched > 4000) {
      this.near = at;
      this.reveal(this.lines[at].item);
    }
    const shot = this.shots.findLast(({ place }) => place.start <= now && now < (place.end ?? place.start) + 0.05);
    const screen = this.box.querySelector('[data-onscreen]');
    const seen = (shot?.text ?? '').replace(/^A picture\.$/m, '').replace(/^Shows: /m, '').trim();
    Transcript.set(screen, 'hidden', !seen);
    Transcript.set(screen, 'textContent', seen);
    if (shot === this.seen) return;
    this.seen = shot;
    for (const picture of this.pictures) picture.button.setAttribute('aria-current', String(picture.shot === shot));
  }

  // Index of the last item whose key is not above a value, in a list that is ordered by it; -1 when there is none.
  static last(items, key, value) {
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (key(items[middle]) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  reveal(item) {
    const top = item.offsetTop - this.list.offsetTop;
    this.list.scrollTo({ top: top - this.list.clientHeight / 2 + item.clientHeight / 2 });
  }

  // Where the moment after (step 1) or before (step -1) a second begins. While one runs, its own beginning is neither.
  neighbour(step, now) {
    const at = Transcript.last(this.moments, (moment) => moment, now);
    if (step > 0) return this.moments.find((moment) => moment > now + 0.5);
    return this.moments.findLast((moment) => moment < (this.moments[at] ?? 0) - 0.5);
  }
}
