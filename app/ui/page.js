// Selecting evidence by chip or row, and keeping the newest answer in sight. All else is the server's, and
// player.js's for recordings.
(() => {
  let chosen = null; // what the person has selected last: a chip or row

  function select(button) {
    const { exchange, number, quote, support } = button.dataset;
    const group = document.querySelector(`#fs-evidence [data-group="${exchange}"]`);
    if (!group) return;
    for (const each of document.querySelectorAll('#fs-evidence [data-group]')) each.hidden = each !== group;
    for (const each of document.querySelectorAll('#fs-evidence .fs-panel > .fs-empty')) each.hidden = true;
    for (const each of group.querySelectorAll('[data-detail]')) each.hidden = each.dataset.detail !== number;
    for (const row of group.querySelectorAll('.fs-row')) {
      row.setAttribute('aria-current', String(row.dataset.number === number));
    }
    const detail = group.querySelector(`[data-detail="${number}"]`);
    if (quote && detail) showQuote(detail, quote, support);
    document.dispatchEvent(new Event('fs-look'));
  }

  // A recording plays from the second that was cited.
  function play({ exchange, number, at }) {
    const detail = document.querySelector(`#fs-evidence [data-group="${exchange}"] [data-detail="${number}"]`);
    if (at && detail) detail.dispatchEvent(new CustomEvent('fs-play', { bubbles: true, detail: { at: Number(at) } }));
  }

  function reveal(button) {
    const panel = document.getElementById('fs-right');
    if (!button.classList.contains('fs-row') && panel.getBoundingClientRect().top > window.innerHeight * 0.7) {
      panel.scrollIntoView({ behavior: 'smooth', block: 'start' });
    }
    document.getElementById('fs-evidence').scrollTop = 0;
  }

  // The same evidence may bear several sentences out, each by another passage of the page.
  function showQuote(detail, quote, support) {
    const picture = detail.querySelector('img[data-preview]');
    if (picture && picture.src.includes('quote=')) {
      const address = `${picture.dataset.preview}?quote=${encodeURIComponent(quote.slice(0, 1500))}`;
      if (picture.getAttribute('src') !== address) picture.src = address;
    }
    detail.querySelector('[data-support-of]').textContent = support;
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-exchange]');
    if (!button) return;
    chosen = button;
    select(button);
    play(button.dataset);
    reveal(button);
  });

  // The panel is drawn anew while an answer comes: what the person has chosen meanwhile, also of an earlier answer,
  // stays chosen until the next question.
  function keep() {
    let asked = null;
    new MutationObserver(([{ target }]) => {
      const number = target.dataset.state.split(' ')[0];
      if (number !== asked) chosen = null;
      asked = number;
      if (chosen) select(chosen);
    }).observe(document.body, { subtree: true, attributeFilter: ['data-state'] });
  }
  if (document.body) keep();
  else document.addEventListener('DOMContentLoaded', keep);

  // A picture that cannot be shown gives way to the text that was read.
  document.addEventListener('error', (event) => {
    const picture = event.target;
    if (!(picture instanceof HTMLImageElement) || !picture.dataset.preview) return;
    picture.closest('figure').hidden = true;
    const read = picture.closest('article').querySelector('details');
    if (read) read.open = true;
  }, true);

  // A page is taller than its frame: begin where the passage is marked, in the yellow of the server's marker.
  document.addEventListener('load', (event) => {
    const picture = event.target;
    if (!(picture instanceof HTMLImageElement) || !picture.src.includes('?quote=')) return;
    const canvas = document.createElement('canvas');
    canvas.width = 160;
    canvas.height = Math.round((160 * picture.naturalHeight) / picture.naturalWidth);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0, run = 0; i < data.length; i += 4) {
      const marked = data[i] > 190 && data[i + 1] > 160 && data[i] - data[i + 2] > 45 && data[i] - data[i + 1] < 50;
      run = marked ? run + 1 : 0;
      if (run < 5) continue;
      const top = (Math.floor(i / 4 / canvas.width) / canvas.height) * picture.clientHeight;
      picture.closest('figure').scrollTop = Math.max(0, top - 70);
      return;
    }
  }, true);

  // What comes is kept in sight until the question has reached the top: an answer is read from its beginning, and what
  // a model writes comes above what is quoted. Who has scrolled away is left there until the next question.
  function follow() {
    const conversation = document.getElementById('fs-conversation');
    if (!conversation) return void setTimeout(follow, 200);
    let [following, asked] = [true, 0];
    const exchanges = () => conversation.querySelectorAll('.fs-exchange');

    function wanted() {
      const last = [...exchanges()].at(-1);
      const end = conversation.scrollHeight - conversation.clientHeight;
      if (!last) return end;
      const top = last.getBoundingClientRect().top - conversation.getBoundingClientRect().top;
      return Math.min(end, conversation.scrollTop + top);
    }
    conversation.addEventListener('scroll', () => {
      following = Math.abs(conversation.scrollTop - wanted()) < 60;
    });
    new MutationObserver(() => {
      const count = exchanges().length;
      if (count !== asked) following = true;
      asked = count;
      if (following) conversation.scrollTop = wanted();
    }).observe(conversation, { childList: true, subtree: true, characterData: true });
  }
  follow();
})();
