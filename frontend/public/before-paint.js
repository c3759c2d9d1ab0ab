// Runs before the first paint and long before the page's script: sets the colour scheme, so that it does not
// flash, fills in the heading, and sends the first requests.
(() => {
  const root = document.documentElement;
  const readStorage = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      // Storage may be blocked.
      return null;
    }
  };

  const choice = readStorage('theme');
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.bsTheme = dark ? 'dark' : 'light';

  const shell = shellFor(location.pathname.replace(/(.)\/$/, '$1'));
  const pageScripts = JSON.parse(document.currentScript.dataset.pages ?? '{}');
  for (const href of pageScripts[shell.page] ?? []) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = href;
    link.fetchPriority = 'low';
    document.head.append(link);
  }

  // src/api/prefetched.ts gives these responses to the page.
  window.prefetched = new Map();
  for (const url of shell.prefetch ?? []) {
    const response = fetch(url, { signal: AbortSignal.timeout(15_000) }).catch(() => undefined);
    window.prefetched.set(new URL(url, location.origin).href, response);
  }

  // Errors of elements do not bubble. Once React has rendered, ErrorBoundary reports missing chunks.
  addEventListener('error', ({ target }) => target instanceof HTMLScriptElement && showLoadError(), true);

  root.dataset.shell = shell.layout ?? '';
  document.addEventListener('readystatechange', () => fillShell(shell.text ?? {}), { once: true });
  if (shell.layout === 'product') {
    showProduct(window.prefetched.values().next().value);
  }

  function fillShell(textBySelector) {
    for (const [selector, text] of Object.entries(textBySelector)) {
      const element = document.querySelector(`.shell-${shell.layout} ${selector}`);
      // React may have replaced the shell already.
      if (element !== null) {
        element.textContent = text;
      }
    }
  }

  function showLoadError() {
    if (document.querySelector('.load-error') !== null) {
      return;
    }
    const message = document.createElement('p');
    message.textContent =
      'We could not load this page. You may be offline, or the shop has just been updated.';
    const reload = document.createElement('button');
    reload.type = 'button';
    reload.className = 'btn btn-primary';
    reload.textContent = 'Reload';
    reload.addEventListener('click', () => location.reload());
    const alert = document.createElement('div');
    alert.className = 'load-error';
    alert.role = 'alert';
    alert.append(message, reload);
    document.querySelector('header')?.after(alert);
  }

  async function showProduct(pending) {
    const response = await pending;
    if (!response?.ok) {
      return;
    }
    const [{ price, description }] = (await response.clone().json()).products;
    const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });
    fillShell({ '.price': euros.format(price), '.product-description': description });
  }

  // The texts repeat those of the pages; e2e/first-paint.spec.ts checks that they are equal.
  function shellFor(path) {
    const routes = [
      [/^\/(?:products)?$/, catalogue],
      [/^\/products\/([^/]+)$/, product],
      [/^\/cart$/, cart],
      [/^\/login$/, () => ifSignedIn({}) ?? logIn()],
      [/^\/register$/, () => ifSignedIn({}) ?? register()],
      [/^\/orders$/, () => ifSignedIn(orders()) ?? logIn()],
      [/^\/orders\/([^/]+)$/, (id) => ifSignedIn(order(id)) ?? logIn()],
      [/^\/admin\/products$/, () => ifSignedIn(adminProducts()) ?? logIn()],
    ];
    for (const [pattern, shellOf] of routes) {
      const match = pattern.exec(path);
      if (match !== null) {
        return shellOf(match[1]);
      }
    }
    return {
      page: 'NotFoundPage',
      layout: 'empty-state',
      text: { h1: 'Page not found', p: 'The address may be wrong, or the page may have been removed.' },
    };
  }

  // Only a hint: the session itself is checked by the page.
  function ifSignedIn(page) {
    return readStorage('signed-in') === null ? undefined : page;
  }

  function catalogue() {
    const products = location.search === '' ? ['/api/products?limit=24'] : [];
    return { page: 'CataloguePage', layout: 'catalogue', prefetch: [...products, '/api/categories'] };
  }

  function product(encodedName) {
    const name = decode(encodedName);
    const [initial = ''] = name;
    return {
      page: 'ProductPage',
      layout: 'product',
      text: { h1: initial.toLocaleUpperCase('en-GB') + name.slice(initial.length) },
      prefetch: [`/api/products?name=${encodeURIComponent(name)}`],
    };
  }

  function cart() {
    return /"name":/.test(readStorage('cart') ?? '')
      ? { page: 'CartPage', layout: 'plain', text: { h1: 'Your cart' } }
      : {
          page: 'CartPage',
          layout: 'empty-state',
          text: { h1: 'Your cart is empty', p: 'Items stay in your cart on this device.' },
        };
  }

  function logIn() {
    const toCart = new URLSearchParams(location.search).get('next') === '/cart';
    return {
      page: 'LogInPage',
      layout: 'form',
      text: {
        h1: 'Log in',
        p: toCart
          ? 'Log in to continue; your cart will be waiting.'
          : 'Log in to order and follow your orders.',
      },
    };
  }

  function register() {
    return {
      page: 'RegisterPage',
      layout: 'form',
      text: {
        h1: 'Create account',
        p: 'All you need is an e-mail address and a password. Your cart stays as it is.',
      },
    };
  }

  function orders() {
    return { page: 'OrdersPage', layout: 'orders', text: { h1: 'Your orders' } };
  }

  function order(id) {
    return { page: 'OrderPage', layout: 'order', text: { h1: `Order ${decode(id).slice(-6)}` } };
  }

  function adminProducts() {
    return { page: 'AdminProductsPage', layout: 'plain', text: { h1: 'Manage products' } };
  }

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }
})();
