import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { expect, it, vi } from 'vitest';

// jsdom has none, and src/theme reads it when it is imported.
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
const { App } = await import('./App');
const { preloadPage } = await import('./pages');

async function headingOf(path: string): Promise<string | null> {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(Response.json({ products: [], categories: [], next_cursor: null })),
  );
  await preloadPage(path);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MemoryRouter initialEntries={[path]}>
        <App />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return (await screen.findByRole('heading', { level: 1 })).textContent;
}

it('given the path of a page, when it is opened, then it is that page', async () => {
  expect(await headingOf('/cart')).toBe('Your cart is empty');
});

it.each(['/CART', '/Cart/', '/no/such/page', '/products/a/b'])(
  'given %s, when it is opened, then the page is not found, as at the edge',
  async (path) => {
    expect(await headingOf(path)).toBe('Page not found');
  },
);
