// Recordings: a player that plays from the cited second while its transcript follows. Only one plays at a time, and only
// those that are to be seen hold a connection to the server, of which a browser opens few.
//
// The page changes its HTML in place: elements stay, but what was added to them goes, and another recording may move in.
// So a player mends what is missing after every change, and makes room when its element means another recording.
(() => {
  const players = new WeakMap(); // element → Player

  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  class Player {
    constructor(box) {
      this.box = box;
      this.media = box.querySelector('video, audio');
      this.source = box.dataset.source;
      this.wanted = Number(box.dataset.start);
      this.play = false; // as soon as it can
      this.awake = false;
      this.convert = false;
      this.means = Player.meaning(box);
      this.leaving = new AbortController();
      const { signal } = this.leaving;
      const on = (target, name, act) => target.addEventListener(name, act, { signal });
      on(this.media, 'loadedmetadata', () => this.arrive());
      on(this.media, 'timeupdate', () => this.follow());
      on(this.media, 'seeked', () => this.follow());
      on(this.media, 'error', () => this.fail());
      on(box, 'click', (event) => this.click(event));
      this.transcript = new Transcript(box, signal);
      void this.transcript.fill().then(() => this.mend());
    }

    static meaning(box) {
      return [box.dataset.player, box.dataset.source, box.dataset.start].join(' ');
    }

    get stale() {
      return this.means !== Player.meaning(this.box) || !this.box.contains(this.media);
    }

    leave() {
      this.sleep();
      this.leaving.abort();
    }

    mend() {
      if (this.leaving.signal.aborted) return;
      this.transcript.mend();
      this.follow();
    }

    async wake() {
      if (this.awake) return;
      this.awake = true;
      const address = `/api/play/${this.source}${this.convert ? '?convert=true' : ''}`;
      const ready = await this.ready(address, 'preparing a version that this browser can play');
      if (!ready || !this.awake) return;
      this.address = address;
      this.media.src = address;
      void this.fillWave();
    }

    // Asks until the answer is more than a promise; what is being made is said meanwhile.
    async ready(address, saying) {
      const said = this.box.querySelector('[data-preparing]');
      while (this.box.isConnected && this.awake) {
        const answer = await fetch(address, { headers: { Range: 'bytes=0-0' } }).catch(() => null);
        if (answer && answer.status !== 202) {
          Transcript.set(said, 'hidden', answer.ok);
          if (!answer.ok) said.textContent = (await answer.json().catch(() => ({}))).error ?? 'It cannot be played.';
          return answer.ok;
        }
        const { done = 0 } = answer ? await answer.json() : {};
        said.textContent = `${saying} … ${Math.floor(done * 100)} %`;
        said.hidden = false;
        await wait(700);
      }
      return false;
    }

    sleep() {
      if (!this.awake) return;
      this.awake = false;
      this.wanted = this.time;
      this.play = false;
      this.address = '';
      this.media.pause();
      this.media.removeAttribute('src');
      this.media.load();
    }

    seek(second) {
      this.wanted = second;
      this.play = true;
      this.transcript.touched = 0;
      if (this.media.readyState) this.arrive();
      else void this.wake();
      this.follow();
    }

    arrive() {
      if (Math.abs(this.media.currentTime - this.wanted) > 0.01) this.media.currentTime = this.wanted;
      if (this.play) this.media.play().catch(() => {});
      this.play = false;
    }

    // What this browser cannot play is asked for once more, in a form that all can.
    fail() {
      if (!this.address || this.convert) return;
      const play = this.play || !this.media.paused;
      this.sleep();
      this.convert = true;
      this.play = play;
      void this.wake();
    }

    get time() {
      return this.media.readyState ? this.media.currentTime : this.wanted;
    }

    follow() {
      const now = this.time + 0.05;
      this.transcript.light(now);
      for (const button of this.box.querySelectorAll('[data-step]')) {
        const target = this.transcript.neighbour(Number(button.dataset.step), now);
        Transcript.set(button, 'disabled', target === undefined);
        Transcript.set(button.firstElementChild, 'textContent', target === undefined ? '' : Transcript.clock(target));
      }
      this.draw();
    }

    click(event) {
      const button = event.target.closest('button[data-seek], button[data-step]');
      if (button?.dataset.seek !== undefined) this.seek(Number(button.dataset.seek));
      else if (button) this.seek(this.transcript.neighbour(Number(button.dataset.step), this.time + 0.05) ?? this.time);
      else if (event.target.matches('[data-wave]') && this.wave) {
        this.seek((event.offsetX / event.target.clientWidth) * this.length);
      }
    }

    async fillWave() {
      const canvas = this.box.querySelector('[data-wave]');
      if (!canvas || this.wave) return;
      const address = `/api/waveform/${this.source}`;
      if (!(await this.ready(address, 'drawing the waveform'))) return;
      const { peaks, duration } = await fetch(address).then((answer) => answer.json());
      this.length = duration;
      this.wave = new Waveform(canvas, peaks);
      new ResizeObserver(() => this.draw()).observe(canvas);
    }

    draw() {
      this.wave?.draw(this.time / this.length);
    }
  }

  function player(box) {
    if (players.get(box)?.stale) {
      players.get(box).leave();
      players.delete(box);
    }
    if (!players.has(box)) players.set(box, new Player(box));
    return players.get(box);
  }

  // Those that are to be seen are awake.
  function look() {
    for (const box of document.querySelectorAll('[data-player]')) {
      if (box.closest('[hidden]')) {
        players.get(box)?.sleep();
        continue;
      }
      player(box).mend();
      void player(box).wake();
    }
  }

  document.addEventListener('play', (event) => {
    for (const other of document.querySelectorAll('video, audio')) if (other !== event.target) other.pause();
  }, true);

  // From the chips and rows of the evidence; `at` is the second of the citation that was chosen.
  document.addEventListener('fs-look', look);
  document.addEventListener('fs-play', (event) => {
    const box = event.target.querySelector('[data-player]');
    if (box) player(box).seek(event.detail.at);
  });

  function watch() {
    const changes = { childList: true, subtree: true, attributeFilter: ['hidden', 'data-state', 'data-source', 'data-start'] };
    new MutationObserver(look).observe(document.body, changes);
    look();
  }
  if (document.body) watch();
  else document.addEventListener('DOMContentLoaded', watch);
})();
