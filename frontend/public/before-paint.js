// Runs before the first paint, long before the script of the page is there: the colours must not flash, what a
// page is called can be read at once, and what it will ask of the shop is already on its way.
(() => {
  const root = document.documentElement;
  const kept = (place) => {
    try {
      return localStorage.getItem(place);
    } catch {
      // Storage may be forbidden.
      return null;
    }
  };

  const choice = kept('theme');
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.bsTheme = dark ? 'dark' : 'light';

  const first = firstPage(location.pathname.replace(/(.)\/$/, '$1'));
  const pages = JSON.parse(document.currentScript.dataset.pages ?? '{}');
  for (const href of pages[first.page] ?? []) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = href;
    link.fetchPriority = 'low';
    document.head.append(link);
  }

  // src/api/early.ts hands these answers to the first who asks.
  window.early = new Map();
  for (const url of first.asks ?? []) {
    const answer = fetch(url, { signal: AbortSignal.timeout(15_000) }).catch(() => undefined);
    window.early.set(new URL(url, location.origin).href, answer);
  }

  // Errors of elements do not bubble. A page whose script is there already says such things itself.
  addEventListener('error', ({ target }) => target instanceof HTMLScriptElement && sayItIsMissing(), true);

  root.dataset.shell = first.shell ?? '';
  document.addEventListener('readystatechange', () => say(first.says ?? {}), { once: true });
  if (first.shell === 'product') {
    showFacts(window.early.values().next().value);
  }

  function say(words) {
    for (const [part, text] of Object.entries(words)) {
      const place = document.querySelector(`.shell-${first.shell} ${part}`);
      // The script of the page may have been quicker.
      if (place !== null) {
        place.textContent = text;
      }
    }
  }

  function sayItIsMissing() {
    if (document.querySelector('.script-missing') !== null) {
      return;
    }
    const words = document.createElement('p');
    words.textContent =
      'The rest of this page did not come. Either there is no connection to the shop, or it has just been renewed.';
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'btn btn-primary';
    again.textContent = 'Load again';
    again.addEventListener('click', () => location.reload());
    const notice = document.createElement('div');
    notice.className = 'script-missing';
    notice.role = 'alert';
    notice.append(words, again);
    document.querySelector('header')?.after(notice);
  }

  async function showFacts(answering) {
    const answer = await answering;
    if (!answer?.ok) {
      return;
    }
    const [{ price, description }] = (await answer.clone().json()).products;
    const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });
    say({ '.price': euros.format(price), '.product-description': description });
  }

  // The words are those of the pages themselves; e2e/first-paint.spec.ts holds them together.
  function firstPage(path) {
    const known = [
      [/^\/(?:products)?$/, catalogue],
      [/^\/products\/([^/]+)$/, product],
      [/^\/cart$/, cart],
      [/^\/login$/, () => withSession({}) ?? logIn()],
      [/^\/register$/, () => withSession({}) ?? register()],
      [/^\/orders$/, () => withSession(orders()) ?? logIn()],
      [/^\/orders\/([^/]+)$/, (id) => withSession(order(id)) ?? logIn()],
      [/^\/admin\/products$/, () => withSession(manage()) ?? logIn()],
    ];
    for (const [pattern, page] of known) {
      const match = pattern.exec(path);
      if (match !== null) {
        return page(match[1]);
      }
    }
    return {
      page: 'NotFoundPage',
      shell: 'quiet',
      says: {
        h1: 'There is no such page',
        p: 'The address may be mistyped, or what was here is gone. Everything we sell is in the catalogue.',
      },
    };
  }

  // Who has a session sees what the page is called; what is in it, when the shop has confirmed the session.
  function withSession(page) {
    return kept('signed-in') === null ? undefined : page;
  }

  function catalogue() {
    const all = location.search === '' ? ['/api/products?limit=24'] : [];
    return { page: 'CataloguePage', shell: 'catalogue', asks: [...all, '/api/categories'] };
  }

  function product(encoded) {
    const name = decoded(encoded);
    const [initial = ''] = name;
    return {
      page: 'ProductPage',
      shell: 'product',
      says: { h1: initial.toLocaleUpperCase('en-GB') + name.slice(initial.length) },
      asks: [`/api/products?name=${encodeURIComponent(name)}`],
    };
  }

  function cart() {
    return /"name":/.test(kept('cart') ?? '')
      ? { page: 'CartPage', shell: 'plain', says: { h1: 'Your cart' } }
      : {
          page: 'CartPage',
          shell: 'quiet',
          says: {
            h1: 'Your cart is empty',
            p: 'What you add stays here, also when you close the page or log in.',
          },
        };
  }

  function logIn() {
    const toCart = new URLSearchParams(location.search).get('next') === '/cart';
    return {
      page: 'LogInPage',
      shell: 'form',
      says: {
        h1: 'Log in',
        p: toCart
          ? 'Then we bring you back to your cart, just as you left it.'
          : 'To order, and to watch what becomes of your orders.',
      },
    };
  }

  function orders() {
    return { page: 'OrdersPage', shell: 'orders', says: { h1: 'Your orders' } };
  }

  function order(id) {
    return { page: 'OrderPage', shell: 'order', says: { h1: `Order ${decoded(id).slice(-6)}` } };
  }

  function manage() {
    return { page: 'AdminProductsPage', shell: 'plain', says: { h1: 'Manage products' } };
  }

  function register() {
    return {
      page: 'RegisterPage',
      shell: 'form',
      says: {
        h1: 'Make an account',
        p: 'An e-mail and a password are all we need. Your cart stays as it is.',
      },
    };
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }
})();
