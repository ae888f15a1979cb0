// Which conversation this tab shows, so that a reload shows it again, and the drawer that lists them all.
const folioscope = (() => {
  const KEY = 'folioscope-conversation';

  function stored(act) {
    try {
      return act(window.sessionStorage) ?? ''; // one tab's own
    } catch {
      return ''; // a browser may refuse to store
    }
  }

  const button = () => document.querySelector('[data-drawer]');

  return {
    remembered: () => stored((storage) => storage.getItem(KEY)),
    remember: (bar) => {
      const id = bar?.dataset.conversation;
      stored((storage) => (id ? storage.setItem(KEY, id) : storage.removeItem(KEY)));
    },
    opened: (drawer) => {
      const open = drawer.querySelector('.fs-conversations') !== null;
      button()?.setAttribute('aria-expanded', String(open));
    },
    shut: () => {
      if (button()?.ariaExpanded !== 'true') return;
      button().click();
      button().focus();
    },
  };
})();
